#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/command_options.h"
#include "agent/cli/command_tree.h"
#include "agent/cli/environment.h"
#include "agent/cli/event_commands.h"
#include "agent/cli/exit_status.h"
#include "agent/cli/import_command.h"
#include "agent/cli/platform_commands.h"
#include "agent/cli/shell_completion.h"

namespace CLI {
class App;
}

namespace agent {

struct CommandText;

enum class Command {
  serve,
  check,
  version,
  haproxy_config,
  simulate,
  hostname_add,
  hostname_remove,
  hostname_list,
  hostname_show,
  certificate_list,
  certificate_show,
  certificate_renew,
  certificate_csr,
  certificate_install,
  certificate_export,
  certificate_revoke,
  certificate_revocations,
  account_list,
  account_show,
  account_contact,
  account_rollover,
  account_deactivate,
  account_register,
  dns_record,
  haproxy_status,
  haproxy_sync,
  verify,
  tenant_set,
  tenant_list,
  tenant_remove,
  zone_set,
  zone_list,
  zone_show,
  zone_remove,
  token_add,
  token_list,
  token_remove,
  import_file,
  export_state,
  restore_state,
  event_list,
  event_tail,
  order_list,
  doctor,
  completion,
  manual,
};

/// What was asked for, by CLI11. Its parts: command_line.cc and command_line_*.cc, a family of
/// commands each; the texts are in command_texts.h. Not copied, not moved: CLI11 has pointers to
/// the members.
class CommandLine {
 public:
  CommandLine();
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Reads the arguments after the program's name. nullopt if there is a command to run; else all
  /// is said: ok after a help, usage after an error.
  std::optional<ExitStatus> parse(const std::vector<std::string>& arguments,
                                  const CliEnvironment& environment);

  // REQUIRES, from here on: parse() has returned nullopt. The options are those of the command.
  Command command() const { return *command_; }
  const std::string& config_file() const {
    return checked_file_.empty() ? config_file_ : checked_file_;
  }
  bool is_config_file_given() const;                     ///< by option, position or environment
  const std::string& socket() const { return socket_; }  ///< empty: see the configuration
  const std::string& api() const { return api_; }        ///< a URL; empty: the socket
  const std::string& token_file() const { return token_file_; }
  const std::vector<std::string>& names() const { return names_; }
  OutputFormat output() const { return output_; }
  HostnameAddOptions hostname_add() const;
  HostnameListOptions hostname_list() const;
  CertificateListOptions certificate_list() const;
  CertificateRenewOptions certificate_renew() const;
  const CertificateCsrOptions& certificate_csr() const { return certificate_csr_; }
  CertificateInstallOptions certificate_install() const;
  const CertificateExportOptions& certificate_export() const { return certificate_export_; }
  CertificateRevokeOptions certificate_revoke() const;
  const std::string& revocation_state() const { return revocation_state_; }
  AccountCommandOptions account() const;
  HaproxySyncOptions haproxy_sync() const;
  VerifyOptions verify() const;
  HaproxyConfigOptions haproxy_config() const { return haproxy_config_; }
  SimulateOptions simulate() const;
  TenantOptions tenant() const;
  ZoneOptions zone() const;
  const TokenOptions& token() const { return token_; }
  ImportOptions import() const { return {import_file_, output_}; }
  EventOptions event() const;
  const std::string& backup_file() const { return backup_file_; }  ///< `-` is the output
  const std::string& order_authority() const { return order_authority_; }
  Shell shell() const { return shell_; }
  /// All that there is, whatever was asked for.
  CommandNode tree() const;

 private:
  struct Parser;  ///< CLI11's App, which only command_parser.h knows

  CLI::App* add_command(CLI::App* parent,
                        const char* name,
                        const CommandText& text,
                        Command command);
  void add_daemon_commands();
  void add_haproxy_config();
  void add_simulate();
  void add_hostname_commands();
  void add_certificate_commands();
  void add_custom_commands(CLI::App* group);
  void add_export_command(CLI::App* group);
  void add_revocation_commands(CLI::App* group);
  void add_account_commands();
  void add_dns_record();
  void add_haproxy_commands();
  void add_tenant_commands();
  void add_zone_commands();
  void add_token_commands();
  void add_import();
  void add_backup_commands();
  void add_event_commands();
  void add_order_commands();
  void add_helpers();

  std::unique_ptr<Parser> parser_;
  std::optional<Command> command_;
  std::string config_file_ = "/etc/acme-spoa/acme-spoa.yaml";
  std::string checked_file_;  ///< of `check CONFIG`
  std::string socket_;
  std::string api_;
  std::string token_file_;
  std::vector<std::string> names_;
  OutputFormat output_ = OutputFormat::table;
  WaitOptions wait_;
  bool no_https_redirect_ = false;
  std::string challenge_path_;
  bool no_renewal_info_ = false;
  HostnameListOptions hostname_list_;
  CertificateListOptions certificate_list_;
  CertificateCsrOptions certificate_csr_;
  CertificateInstallOptions certificate_install_;
  CertificateExportOptions certificate_export_;
  CertificateRevokeOptions certificate_revoke_;
  std::string revocation_state_;
  AccountCommandOptions account_;
  HaproxyConfigOptions haproxy_config_;
  HaproxySyncOptions haproxy_sync_;
  VerifyOptions verify_;
  SimulateOptions simulate_;
  TenantOptions tenant_;
  ZoneOptions zone_;
  TokenOptions token_;
  std::string import_file_;
  std::string backup_file_;
  EventOptions event_;
  std::string order_authority_;
  Shell shell_ = Shell::bash;
  std::string mode_;
};

}  // namespace agent
