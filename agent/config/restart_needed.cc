#include "agent/config/restart_needed.h"

namespace agent {
namespace {

/// Collects the keys of one section whose values differ.
class Comparison {
 public:
  template <class T>
  void compare(const char* key, const T& running, const T& wanted) {
    if (!(running == wanted)) changed_.emplace_back(key);
  }
  std::vector<std::string> take() { return std::move(changed_); }

 private:
  std::vector<std::string> changed_;
};

void compare_spop(Comparison& keys, const SpopConfig& running, const SpopConfig& wanted) {
  keys.compare("spop.listen", running.listen, wanted.listen);
  keys.compare("spop.unix_mode", running.unix_mode, wanted.unix_mode);
  keys.compare("spop.workers", running.workers, wanted.workers);
  keys.compare("spop.max_connections", running.max_connections, wanted.max_connections);
  keys.compare("spop.hello_timeout", running.hello_timeout, wanted.hello_timeout);
  keys.compare("spop.idle_timeout", running.idle_timeout, wanted.idle_timeout);
  keys.compare("spop.drain_timeout", running.drain_timeout, wanted.drain_timeout);
}

void compare_haproxy(Comparison& keys, const HaproxyConfig& running, const HaproxyConfig& wanted) {
  keys.compare(
      "haproxy.certificate_directory", running.certificate_directory, wanted.certificate_directory);
  keys.compare("haproxy.crt_list", running.crt_list, wanted.crt_list);
  keys.compare("haproxy.file_mode", running.file_mode, wanted.file_mode);
  keys.compare("haproxy.instances", running.instances, wanted.instances);
  keys.compare("haproxy.placement", running.placement, wanted.placement);
}

}  // namespace

std::vector<std::string> restart_needed(const Config& running, const Config& wanted) {
  Comparison keys;
  keys.compare("state_directory", running.state_directory, wanted.state_directory);
  compare_spop(keys, running.spop, wanted.spop);
  keys.compare("admin.socket", running.admin.socket, wanted.admin.socket);
  keys.compare("admin.mode", running.admin.mode, wanted.admin.mode);
  keys.compare("admin.listen", running.admin.listen, wanted.admin.listen);
  keys.compare("platform", running.platform, wanted.platform);
  keys.compare("metrics.listen", running.metrics.listen, wanted.metrics.listen);
  keys.compare("authorities", running.authorities, wanted.authorities);
  keys.compare(
      "certificates.key_type", running.certificates.key_type, wanted.certificates.key_type);
  keys.compare("certificates.key_types",
               running.certificates.second_key_type,
               wanted.certificates.second_key_type);
  keys.compare(
      "certificates.reuse_key", running.certificates.reuse_key, wanted.certificates.reuse_key);
  keys.compare("challenges", running.challenges, wanted.challenges);
  keys.compare("certificates.names_per_certificate",
               running.certificates.names_per_certificate,
               wanted.certificates.names_per_certificate);
  keys.compare("certificates.longest_backlog",
               running.certificates.longest_backlog,
               wanted.certificates.longest_backlog);
  compare_haproxy(keys, running.haproxy, wanted.haproxy);
  keys.compare("dns", running.dns, wanted.dns);
  keys.compare("preflight", running.preflight, wanted.preflight);
  keys.compare("on_demand", running.on_demand, wanted.on_demand);
  keys.compare("unused", running.unused, wanted.unused);
  keys.compare("log.format", running.log.format, wanted.log.format);
  return keys.take();
}

}  // namespace agent
