// A job's events and its log as one stream of server-sent events.
#pragma once

#include <memory>

#include "remote/http/message.h"
#include "remote/node/job.h"

namespace ain::remote {

// From event number `from` and log position `log`. Log frames come as {event:"log", stream, data (base64 when it is not UTF-8: then
// "encoding":"base64"), offset}; those before the end of the job come before `exited`. Ends after the job's last event; without
// `follow`, after what is there now.
BodyStream job_stream(std::shared_ptr<Job> job, size_t from, int64_t log, bool follow);

}  // namespace ain::remote
