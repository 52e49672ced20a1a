// What the shim and the node leave for each other in a job's folder/shim. Used by both programs, without exceptions.
//   spec     node -> shim: "key=value" records, each ended by NUL
//   state    shim: who supervises, since when; replaced by rename, so never half a file
//   control  a FIFO that the shim reads: "stop GRACE_MS\n"
//   log      frames of output
//   exit     shim: how the job ended; its presence is the end
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ain::shim {

inline constexpr const char* kSpecFile = "spec";
inline constexpr const char* kStateFile = "state";
inline constexpr const char* kControlFile = "control";
inline constexpr const char* kLogFile = "log";
inline constexpr const char* kExitFile = "exit";
inline constexpr const char* kLockFile = "lock";
inline constexpr const char* kSeccompFile = "seccomp";

// Descriptors of the process that becomes the job's command, until it is executed.
inline constexpr int kHelloFd = 8;
inline constexpr int kSeccompFd = 9;
inline constexpr const char* kInnerWord = "inner";  // ain-shim inner PROCESSES_MAX FILE_BYTES_MAX -- COMMAND…

// Where a root shim shows the job's folders to bubblewrap, in a mount namespace of its own: the job's user may not be able to walk
// to their real places.
inline constexpr const char* kStageFolder = "/tmp";

inline constexpr size_t kShimFileBytesMax = 4 << 20;

using Records = std::vector<std::pair<std::string, std::string>>;
std::string join_records(const Records& records, char end);
// Splits "key=value" records; what has no '=' is dropped.
Records split_records(std::string_view text, char end);
// The first value of a key, or "".
std::string value_of(const Records& records, std::string_view key);
std::vector<std::string> values_of(const Records& records, std::string_view key);
int64_t number_of(const Records& records, std::string_view key);

// A frame of the log: this header, then `size` bytes. Little endian.
inline constexpr size_t kFrameHeaderBytes = 16;
inline constexpr size_t kFrameDataMax = 256 << 10;
struct FrameHeader {
  int64_t time_ms = 0;
  uint32_t stream = 1;  // 1: stdout, 2: stderr
  uint32_t size = 0;
};
void encode_frame_header(const FrameHeader& header, char* bytes);
FrameHeader decode_frame_header(const char* bytes);

// Empty when it cannot be read.
std::string read_small_file(const char* path, size_t bytes_max = kShimFileBytesMax);
// Writes to a file that is there (a control file of a cgroup); false leaves errno.
bool write_existing_file(const char* path, std::string_view text);
// Writes NAME in `folder` by rename. Durable: then waits for the disk. Readers see it before that, so a power cut may leave it empty.
enum class Durable { no, yes };
bool replace_file(int folder, const char* name, std::string_view bytes, Durable durable, unsigned mode = 0600);

}  // namespace ain::shim
