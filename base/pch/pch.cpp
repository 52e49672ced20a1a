// The unit that the precompiled header of all layers is compiled with.
