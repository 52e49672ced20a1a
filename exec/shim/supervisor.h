// The life of one job, from the shim's point of view.
#pragma once

namespace ain::shim {

// Supervises the job of `folder` (an open folder/shim) until nothing of it is left and `exit` is written. `ready` gets one byte when
// the command runs, or when it cannot. Returns the shim's own exit code.
int supervise(int folder, int ready);

}  // namespace ain::shim
