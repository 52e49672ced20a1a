// Stands in for the members of libgit2's archive that speak to the network: the git program does that for ain. Defining their names
// keeps the members out of the link, and with them TLS, SSH, Kerberos and the reading of the CA bundle at every start (3.5 ms).
// The names are those that libgit2 1.5 asks for; with a version that asks for more, the link fails.
#include <git2.h>
#include <git2/sys/transport.h>
#include <stdbool.h>

typedef struct git_stream git_stream;  // libgit2's own; only ever passed through

static int no_transport(void) {
  git_error_set_str(GIT_ERROR_NET, "this build leaves the network to the git program");
  return GIT_ERROR;
}

// streams/mbedtls.c
int git_mbedtls_stream_global_init(void) { return GIT_OK; }

int git_mbedtls__set_cert_location(const char* file, const char* path) {
  (void)file, (void)path;
  return no_transport();
}

int git_mbedtls_stream_new(git_stream** out, const char* host, const char* port) {
  (void)out, (void)host, (void)port;
  return no_transport();
}

int git_mbedtls_stream_wrap(git_stream** out, git_stream* in, const char* host) {
  (void)out, (void)in, (void)host;
  return no_transport();
}

// transports/ssh.c
int git_transport_ssh_global_init(void) { return GIT_OK; }

int git_smart_subtransport_ssh(git_smart_subtransport** out, git_transport* owner, void* param) {
  (void)out, (void)owner, (void)param;
  return no_transport();
}

int git_transport_ssh_with_paths(git_transport** out, git_remote* owner, void* paths) {
  (void)out, (void)owner, (void)paths;
  return no_transport();
}

// transports/http.c
bool git_http__expect_continue = false;

int git_smart_subtransport_http(git_smart_subtransport** out, git_transport* owner, void* param) {
  (void)out, (void)owner, (void)param;
  return no_transport();
}
