#include "agent/cli/command_line.h"

#include "agent/cli/command_parser.h"
#include "agent/cli/command_texts.h"

namespace agent {

CommandLine::CommandLine() : parser_(std::make_unique<Parser>()) {
  CLI::App& app = parser_->app;
  app.footer(program_footer);
  app.require_subcommand(1);
  app.fallthrough();  // `hostname add NAME --config FILE` finds --config here
  parser_->config = app.add_option("--config", config_file_, "the configuration file")
                        ->envname("ACME_SPOA_CONFIG")
                        ->type_name("FILE")
                        ->capture_default_str();
  app.add_option("--socket", socket_, "the daemon's admin socket, instead of the configuration's")
      ->type_name("PATH");
  app.add_option("--api", api_, "the API of a daemon elsewhere, instead of a socket")
      ->envname("ACME_SPOA_API")
      ->type_name("URL");
  app.add_option("--token-file", token_file_, "file with the token for --api")
      ->envname("ACME_SPOA_TOKEN_FILE")
      ->type_name("FILE");
  add_daemon_commands();
  add_haproxy_config();
  add_simulate();
  add_hostname_commands();
  add_certificate_commands();
  add_account_commands();
  add_dns_record();
  add_haproxy_commands();
  add_tenant_commands();
  add_zone_commands();
  add_token_commands();
  add_import();
  add_backup_commands();
  add_event_commands();
  add_order_commands();
  add_helpers();
}

CommandLine::~CommandLine() = default;

CLI::App* CommandLine::add_command(CLI::App* parent,
                                   const char* name,
                                   const CommandText& text,
                                   Command command) {
  CLI::App* const app = add_group(parent, name, text);
  app->callback([this, command] { command_ = command; });
  return app;
}

SimulateOptions CommandLine::simulate() const {
  SimulateOptions options = simulate_;
  options.has_renewal_info = !no_renewal_info_;
  options.output = output_;
  return options;
}

CertificateInstallOptions CommandLine::certificate_install() const {
  CertificateInstallOptions options = certificate_install_;
  options.wait = wait_;
  options.output = output_;
  return options;
}

TenantOptions CommandLine::tenant() const {
  TenantOptions options = tenant_;
  options.output = output_;
  return options;
}

ZoneOptions CommandLine::zone() const {
  ZoneOptions options = zone_;
  options.names = names_;
  options.output = output_;
  return options;
}

EventOptions CommandLine::event() const {
  EventOptions options = event_;
  options.output = output_;
  return options;
}

CommandNode CommandLine::tree() const {
  return to_node(parser_->app);
}

std::optional<ExitStatus> CommandLine::parse(const std::vector<std::string>& arguments,
                                             const CliEnvironment& environment) {
  try {
    // CLI11 takes them from the end.
    parser_->app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    const bool is_help = parser_->app.exit(e, environment.out, environment.err) == 0;
    return is_help ? ExitStatus::ok : ExitStatus::usage;
  }
}

bool CommandLine::is_config_file_given() const {
  return !checked_file_.empty() || parser_->config->count() > 0;
}

HostnameAddOptions CommandLine::hostname_add() const {
  return {names_, !no_https_redirect_, mode_, challenge_path_, wait_, output_};
}

HostnameListOptions CommandLine::hostname_list() const {
  HostnameListOptions options = hostname_list_;
  options.output = output_;
  return options;
}

CertificateListOptions CommandLine::certificate_list() const {
  return {certificate_list_.state, output_};
}

CertificateRevokeOptions CommandLine::certificate_revoke() const {
  CertificateRevokeOptions options = certificate_revoke_;
  options.certificates = names_;
  options.output = output_;
  return options;
}

AccountCommandOptions CommandLine::account() const {
  AccountCommandOptions options = account_;
  options.wait = wait_;
  options.output = output_;
  return options;
}

HaproxySyncOptions CommandLine::haproxy_sync() const {
  HaproxySyncOptions options = haproxy_sync_;
  options.output = output_;
  return options;
}

VerifyOptions CommandLine::verify() const {
  VerifyOptions options = verify_;
  options.names = names_;
  options.output = output_;
  return options;
}

CertificateRenewOptions CommandLine::certificate_renew() const {
  return {names_, wait_, output_};
}

}  // namespace agent
