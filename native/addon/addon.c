// What Node itself can not do: duplicate a file descriptor, and tie a process's life to its parent's.
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static napi_value throw_errno(napi_env env, const char *call) {
  napi_throw_error(env, call, strerror(errno));
  return NULL;
}

static bool read_int(napi_env env, napi_callback_info info, int32_t *value) {
  size_t count = 1;
  napi_value argument;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) == napi_ok && count == 1 &&
      napi_get_value_int32(env, argument, value) == napi_ok) {
    return true;
  }
  napi_throw_type_error(env, NULL, "expected one integer");
  return false;
}

static napi_value duplicate(napi_env env, napi_callback_info info) {
  int32_t fd;
  if (!read_int(env, info, &fd)) return NULL;

  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return throw_errno(env, "DUP_FAILED");

  napi_value result;
  return napi_create_int32(env, copy, &result) == napi_ok ? result : NULL;
}

static napi_value die_with_parent(napi_env env, napi_callback_info info) {
  int32_t parent;
  if (!read_int(env, info, &parent)) return NULL;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return throw_errno(env, "PRCTL_FAILED");

  // A parent that died before the call above sends no signal any more.
  if (getppid() != parent) kill(getpid(), SIGKILL);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_property_descriptor properties[] = {
    {"dup", NULL, duplicate, NULL, NULL, NULL, napi_enumerable, NULL},
    {"dieWithParent", NULL, die_with_parent, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
  return exports;
}
