#include "agent/cli/config_commands.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/config/load_config.h"
#include "haproxy/static_config.h"

namespace agent {
namespace {

constexpr const char* spoe_file = "acme-spoa.spoe.conf";

std::string join(const std::vector<base::Endpoint>& endpoints) {
  std::string text;
  for (const base::Endpoint& endpoint : endpoints) {
    text.append(text.empty() ? "" : ", ").append(to_string(endpoint));
  }
  return text;
}

/// The port of an address as HAProxy's bind takes it; nullopt if it has none.
std::optional<std::uint16_t> port_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* const end = address.data() + address.size();
  const auto [stop, ec] = std::from_chars(address.data() + colon + 1, end, port);
  return ec == std::errc{} && stop == end ? std::optional(port) : std::nullopt;
}

/// nullptr if there is none of that name.
const HaproxyInstanceConfig* find_instance(const Config& config, const std::string& name) {
  const auto& instances = config.haproxy.instances;
  const auto found = std::find_if(instances.begin(), instances.end(), [&](const auto& instance) {
    return name.empty() || instance.name == name;
  });
  return found == instances.end() ? nullptr : &*found;
}

haproxy::StaticConfigOptions to_static_options(const Config& config,
                                               const HaproxyInstanceConfig& instance,
                                               const HaproxyConfigOptions& options) {
  haproxy::StaticConfigOptions result;
  result.version = options.version;
  result.place = options.place;
  result.spop = config.spop.listen;
  result.runtime_api = instance.runtime;
  result.crt_list_path = config.haproxy.crt_list;
  if (!options.output_directory.empty()) {
    const auto folder = std::filesystem::absolute(options.output_directory).lexically_normal();
    result.spoe_config_path = folder / spoe_file;
  }
  if (!options.http.empty()) result.http_binds = options.http;
  if (!options.https.empty()) result.https_binds = options.https;
  result.https_port = port_of(result.https_binds.front()).value_or(result.https_port);
  if (!options.application.empty()) result.application = options.application;
  result.foreign_tokens = options.foreign_tokens;
  if (config.challenges.tls_alpn) result.tls_alpn = config.challenges.tls_alpn->listen;
  result.sends_frontend_name = !config.challenges.frontends_left_alone.empty();
  return result;
}

bool write_file(const std::filesystem::path& path,
                const std::string& text,
                const CliEnvironment& environment) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) {
    environment.out << path.string() << "\n";
    return true;
  }
  complain(path.string() + ": " + std::generic_category().message(errno), environment);
  return false;
}

ExitStatus write_files(const haproxy::StaticConfig& text,
                       const std::string& folder,
                       const CliEnvironment& environment) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return complain(folder + ": " + ec.message(), environment);
  const std::filesystem::path path(folder);
  const bool written = write_file(path / "haproxy.cfg", text.haproxy_cfg, environment) &&
                       write_file(path / spoe_file, text.spoe_conf, environment);
  return written ? ExitStatus::ok : ExitStatus::wrong_input;
}

}  // namespace

base::Result<Config, ExitStatus> read_config(const std::string& file,
                                             const CliEnvironment& environment) {
  auto config = load_config(file);
  if (config) return *std::move(config);
  for (const ConfigProblem& problem : config.error()) {
    environment.err << printable(to_string(problem, file)) << "\n";
  }
  return base::Unexpected(ExitStatus::wrong_input);
}

ExitStatus check_config(const std::string& file, const CliEnvironment& environment) {
  const auto config = read_config(file, environment);
  if (!config) return config.error();
  environment.out << file << ": ok\n";
  const AuthorityConfig& authority = config->authorities.front();
  environment.out << "  authority  " << authority.name << ", " << authority.directory << "\n"
                  << "  spop       " << join(config->spop.listen) << "\n"
                  << "  state      " << config->state_directory << "\n";
  for (const HaproxyInstanceConfig& instance : config->haproxy.instances) {
    environment.out << "  haproxy    " << instance.name << " at " << to_string(instance.runtime)
                    << ", verified at " << join(instance.verify) << "\n";
  }
  return ExitStatus::ok;
}

ExitStatus haproxy_config(const Config& config,
                          const HaproxyConfigOptions& options,
                          const CliEnvironment& environment) {
  const HaproxyInstanceConfig* instance = find_instance(config, options.instance);
  if (instance == nullptr) {
    return complain("--instance: the configuration has no HAProxy of that name", environment);
  }
  const auto static_options = to_static_options(config, *instance, options);
  const auto text = haproxy::render_static_config(static_options);
  if (!text) return complain(text.error(), environment);
  if (!options.output_directory.empty()) {
    return write_files(*text, options.output_directory, environment);
  }
  environment.out << "# ===== haproxy.cfg\n"
                  << text->haproxy_cfg << "\n# ===== " << static_options.spoe_config_path << "\n"
                  << text->spoe_conf;
  return ExitStatus::ok;
}

}  // namespace agent
