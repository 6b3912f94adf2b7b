#include "agent/cli/run_cli.h"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/ioctl.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "agent/cli/account_commands.h"
#include "agent/cli/api_client.h"
#include "agent/cli/backup_commands.h"
#include "agent/cli/certificate_commands.h"
#include "agent/cli/command_line.h"
#include "agent/cli/config_commands.h"
#include "agent/cli/custom_commands.h"
#include "agent/cli/doctor.h"
#include "agent/cli/event_commands.h"
#include "agent/cli/haproxy_commands.h"
#include "agent/cli/hostname_commands.h"
#include "agent/cli/manual.h"
#include "agent/cli/order_commands.h"
#include "agent/cli/revocation_commands.h"
#include "agent/cli/shell_completion.h"
#include "agent/cli/simulate_command.h"

namespace agent {
namespace {

int to_int(ExitStatus status) {
  return static_cast<int>(status);
}

/// Runs what was asked for once it is parsed.
class Runner {
 public:
  Runner(const CommandLine& line, const CliHooks& hooks, const CliEnvironment& environment)
      : line_(line), hooks_(hooks), environment_(environment) {}

  int run() {
    switch (line_.command()) {
      case Command::serve: return serve();
      case Command::check: return to_int(check_config(line_.config_file(), environment_));
      case Command::version:
        environment_.out << "acme-spoa " << hooks_.version << "\n";
        return to_int(ExitStatus::ok);
      case Command::haproxy_config: return print_haproxy_config();
      case Command::simulate: return run_simulation();
      case Command::export_state:
      case Command::restore_state: return carry_state();
      case Command::hostname_add:
      case Command::hostname_remove:
      case Command::hostname_list:
      case Command::hostname_show:
      case Command::certificate_list:
      case Command::certificate_show:
      case Command::certificate_renew:
      case Command::certificate_csr:
      case Command::certificate_install:
      case Command::certificate_export:
      case Command::certificate_revoke:
      case Command::certificate_revocations:
      case Command::account_list:
      case Command::account_show:
      case Command::account_contact:
      case Command::account_rollover:
      case Command::account_deactivate:
      case Command::account_register:
      case Command::dns_record:
      case Command::haproxy_status:
      case Command::haproxy_sync:
      case Command::verify:
      case Command::tenant_set:
      case Command::tenant_list:
      case Command::tenant_remove:
      case Command::zone_set:
      case Command::zone_list:
      case Command::zone_show:
      case Command::zone_remove:
      case Command::token_add:
      case Command::token_list:
      case Command::token_remove:
      case Command::import_file:
      case Command::event_list:
      case Command::event_tail:
      case Command::order_list: return ask_daemon();
      case Command::doctor: return examine();
      case Command::completion:
        environment_.out << shell_completion(line_.tree(), line_.shell());
        return to_int(ExitStatus::ok);
      case Command::manual:
        environment_.out << manual_page(line_.tree(), hooks_.version);
        return to_int(ExitStatus::ok);
    }
    return to_int(ExitStatus::usage);
  }

 private:
  int serve() {
    auto config = read_config(line_.config_file(), environment_);
    if (!config) return to_int(config.error());
    try {
      return hooks_.serve(line_.config_file(), *std::move(config));
    } catch (const std::exception& e) {
      environment_.err << "acme-spoa: " << printable(e.what()) << "\n";
      return to_int(ExitStatus::wrong_input);
    }
  }

  int print_haproxy_config() {
    const auto config = read_config(line_.config_file(), environment_);
    if (!config) return to_int(config.error());
    return to_int(haproxy_config(*config, line_.haproxy_config(), environment_));
  }

  int run_simulation() {
    const auto config = read_config(line_.config_file(), environment_);
    if (!config) return to_int(config.error());
    return to_int(simulate_config(*config, line_.simulate(), environment_));
  }

  int carry_state() {
    const auto config = read_config(line_.config_file(), environment_);
    if (!config) return to_int(config.error());
    if (line_.command() == Command::restore_state) {
      return to_int(restore_state(*config, line_.backup_file(), environment_));
    }
    return to_int(export_state(*config, line_.backup_file(), hooks_.version, environment_));
  }

  int examine() {
    const auto config = read_config(line_.config_file(), environment_);
    if (!config) return to_int(config.error());
    auto address = find_api();
    if (!address) return to_int(address.error());
    ApiClient api(*std::move(address));
    return to_int(doctor(api, *config, line_.names(), line_.output(), environment_));
  }

  int ask_daemon() {
    auto address = find_api();
    if (!address) return to_int(address.error());
    ApiClient api(*std::move(address));
    return to_int(ask(api));
  }

  ExitStatus ask(ApiClient& api) {
    switch (line_.command()) {
      case Command::hostname_add: return hostname_add(api, line_.hostname_add(), environment_);
      case Command::hostname_remove:
        return hostname_remove(api, line_.names(), line_.output(), environment_);
      case Command::hostname_list: return hostname_list(api, line_.hostname_list(), environment_);
      case Command::hostname_show:
        return hostname_show(api, line_.names(), line_.output(), environment_);
      case Command::certificate_list:
        return certificate_list(api, line_.certificate_list(), environment_);
      case Command::certificate_show:
        return certificate_show(api, line_.names(), line_.output(), environment_);
      case Command::certificate_renew:
        return certificate_renew(api, line_.certificate_renew(), environment_);
      case Command::certificate_csr:
        return certificate_csr(api, line_.certificate_csr(), environment_);
      case Command::certificate_install:
        return certificate_install(api, line_.certificate_install(), environment_);
      case Command::certificate_export:
        return certificate_export(api, line_.certificate_export(), environment_);
      case Command::certificate_revoke:
        return certificate_revoke(api, line_.certificate_revoke(), environment_);
      case Command::certificate_revocations:
        return certificate_revocations(api, line_.revocation_state(), line_.output(), environment_);
      case Command::account_list: return account_list(api, line_.output(), environment_);
      case Command::account_show: return account_show(api, line_.account(), environment_);
      case Command::account_contact: return account_contact(api, line_.account(), environment_);
      case Command::account_rollover: return account_rollover(api, line_.account(), environment_);
      case Command::account_deactivate:
        return account_deactivate(api, line_.account(), environment_);
      case Command::account_register: return account_register(api, line_.account(), environment_);
      case Command::dns_record: return dns_record(api, line_.names(), line_.output(), environment_);
      case Command::haproxy_status: return haproxy_status(api, line_.output(), environment_);
      case Command::haproxy_sync: return haproxy_sync(api, line_.haproxy_sync(), environment_);
      case Command::verify: return verify(api, line_.verify(), environment_);
      case Command::tenant_set: return tenant_set(api, line_.tenant(), environment_);
      case Command::tenant_list: return tenant_list(api, line_.output(), environment_);
      case Command::tenant_remove:
        return remove_each(api, "/v1/tenants/", line_.names(), environment_);
      case Command::zone_set: return zone_set(api, line_.zone(), environment_);
      case Command::zone_list: return zone_list(api, line_.zone(), environment_);
      case Command::zone_show: return zone_show(api, line_.zone(), environment_);
      case Command::zone_remove: return remove_each(api, "/v1/zones/", line_.names(), environment_);
      case Command::token_add: return token_add(api, line_.token(), environment_);
      case Command::token_list: return token_list(api, line_.output(), environment_);
      case Command::token_remove:
        return remove_each(api, "/v1/tokens/", line_.names(), environment_);
      case Command::import_file: return import_file(api, line_.import(), environment_);
      case Command::event_list: return event_list(api, line_.event(), environment_);
      case Command::event_tail: return event_tail(api, line_.event(), environment_);
      case Command::order_list:
        return order_list(api, line_.order_authority(), line_.output(), environment_);
      case Command::doctor:
      case Command::completion:
      case Command::manual:
      case Command::serve:
      case Command::check:
      case Command::version:
      case Command::haproxy_config:
      case Command::export_state:
      case Command::restore_state:
      case Command::simulate: break;
    }
    return ExitStatus::usage;
  }

  /// --api with its token, else the socket.
  base::Result<ApiAddress, ExitStatus> find_api() {
    ApiAddress address{.url = line_.api()};
    if (address.url.empty()) {
      auto socket = find_socket();
      if (!socket) return base::Unexpected(socket.error());
      address.socket = *std::move(socket);
      return address;
    }
    while (address.url.ends_with('/')) address.url.pop_back();
    if (line_.token_file().empty()) return address;
    std::ifstream file(line_.token_file());
    if (std::getline(file, address.token)) return address;
    environment_.err << "acme-spoa: cannot read a token from " << printable(line_.token_file())
                     << "\n";
    return base::Unexpected(ExitStatus::wrong_input);
  }

  /// --socket, or what the configuration says; its default if nobody named a configuration and
  /// there is none, so that a client needs no file.
  base::Result<std::string, ExitStatus> find_socket() {
    if (!line_.socket().empty()) return line_.socket();
    std::error_code ignored;
    const bool is_there = std::filesystem::exists(line_.config_file(), ignored);
    if (!is_there && !line_.is_config_file_given()) return AdminConfig{}.socket;
    const auto config = read_config(line_.config_file(), environment_);
    if (!config) return base::Unexpected(config.error());
    return config->admin.socket;
  }

  const CommandLine& line_;
  const CliHooks& hooks_;
  const CliEnvironment& environment_;
};

std::size_t terminal_width() {
  constexpr std::size_t usual = 80;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return usual;
  return size.ws_col;
}

}  // namespace

int run_cli(int argc, char** argv, const CliHooks& hooks) {
  const base::SystemClock clock;
  const CliEnvironment environment{
      .out = std::cout,
      .err = std::cerr,
      .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
      .width = terminal_width(),
      .clock = clock,
      .sleep = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }};
  return run_cli(std::vector<std::string>(argv + 1, argv + argc), hooks, environment);
}

int run_cli(const std::vector<std::string>& arguments,
            const CliHooks& hooks,
            const CliEnvironment& environment) {
  CommandLine line;
  if (const auto ended = line.parse(arguments, environment)) return to_int(*ended);
  const int status = Runner(line, hooks, environment).run();
  environment.out.flush();
  if (environment.out) return status;
  environment.err << "acme-spoa: the output could not be written\n";
  return to_int(ExitStatus::failed);
}

}  // namespace agent
