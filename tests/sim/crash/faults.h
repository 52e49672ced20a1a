// Stands between this program and the kernel: every call that changes a file is a numbered point, and at one of them something goes wrong.
#pragma once

#include <cstdint>

namespace ain::ledger::crash {

enum class Fault {
  none,
  kill,   // SIGKILL before the call
  torn,   // SIGKILL in the middle of a write, half of it done; only writes are points
  full,   // ENOSPC
  broken, // EIO, half of a write done
  unread, // EIO; only reads are points
};

struct Plan {
  Fault fault = Fault::none;
  int64_t at = 0;        // the point, from 1
  bool lasting = false;  // every point after it too, until mend(); full: its first write is cut short, as a disk does that fills up
};

void arm(const Plan& plan);   // counting starts
void mend();                  // nothing goes wrong any more
int64_t points();             // since arm()
bool struck();                // something went wrong since arm()
void point();                 // one that is no call

}  // namespace ain::ledger::crash
