#include "agent/cli/command_line.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "agent/config/scalar_rules.h"

namespace agent {
namespace {

constexpr const char* about =
    "acme-spoa gives every hostname behind HAProxy a certificate, and keeps it valid.\n"
    "\n"
    "`acme-spoa serve` is the daemon; the other commands talk to it over its admin socket or only\n"
    "read the configuration. `acme-spoa COMMAND --help` says more about each.\n";

constexpr const char* footer =
    "First steps:\n"
    "  acme-spoa check /etc/acme-spoa/acme-spoa.yaml     is the configuration right?\n"
    "  acme-spoa haproxy-config --for 2.6                what goes into HAProxy's, once\n"
    "  acme-spoa serve                                   the daemon (systemd does it for you)\n"
    "  acme-spoa hostname add www.example.org --wait     from now on it has a certificate\n"
    "\n"
    "Exit status:\n"
    "  0  done\n"
    "  1  wrong input: a configuration, a hostname, a value; each problem is printed. `serve`: "
    "also\n"
    "     what it cannot work with, such as an address in use\n"
    "  2  the command line itself is wrong\n"
    "  3  the daemon cannot be reached on its admin socket\n"
    "  4  the daemon could not do it, or --wait ended without every hostname being served\n";

constexpr const char* serve_about =
    "Run the daemon in the foreground until SIGTERM or SIGINT.\n"
    "\n"
    "SIGHUP reads the configuration again. The log goes to standard error.\n";

constexpr const char* check_about =
    "Check a configuration file and print every problem with its place.\n"
    "\n"
    "  acme-spoa check /etc/acme-spoa/acme-spoa.yaml\n"
    "\n"
    "prints `FILE:LINE:COLUMN: KEY: what is wrong; expected ...` and ends with status 1, or a\n"
    "summary and 0. It looks at this file only: not at other files, sockets or the network.\n";

constexpr const char* haproxy_config_about =
    "Print HAProxy's complete static configuration, with the addresses and paths of ours.\n"
    "\n"
    "It is written once: hostnames and certificates come and go without it. The comments say "
    "which\n"
    "lines to copy into a configuration that is there already.\n"
    "\n"
    "  acme-spoa haproxy-config --for 2.6 | less\n"
    "  acme-spoa haproxy-config --for 3.4 --place frontend --output /etc/haproxy/acme-spoa\n"
    "  haproxy -c -f /etc/haproxy/acme-spoa/haproxy.cfg\n";

constexpr const char* hostname_add_about =
    "Add hostnames: each gets a certificate now and is kept valid from then on.\n"
    "\n"
    "  acme-spoa hostname add www.example.org shop.example.org --wait\n"
    "  acme-spoa hostname add intern.example.org --no-https-redirect\n"
    "\n"
    "Adding again what is there changes only the redirect. With --wait each step is shown until a\n"
    "TLS handshake with HAProxy has shown the certificate; the status is 4 if one is not served.\n";

constexpr const char* hostname_remove_about =
    "Remove hostnames: their certificates are taken off HAProxy and forgotten.\n"
    "\n"
    "  acme-spoa hostname remove old.example.org\n";

constexpr const char* hostname_list_about =
    "List hostnames and where they stand.\n"
    "\n"
    "  acme-spoa hostname list --state pending\n"
    "  acme-spoa hostname list --search alice --contains\n"
    "  acme-spoa hostname list -o json | jq -r .name\n"
    "\n"
    "States: pending (no certificate served yet), ready, expired, disabled (mode off).\n";

constexpr const char* hostname_show_about =
    "Show all that is known of hostnames: state, stage, certificate, last error, next attempt.\n"
    "\n"
    "  acme-spoa hostname show www.example.org\n"
    "  acme-spoa hostname show www.example.org -o json | jq .certificate.not_after\n";

constexpr const char* certificate_list_about =
    "List certificates.\n"
    "\n"
    "  acme-spoa certificate list\n"
    "  acme-spoa certificate list --state all -o json\n"
    "\n"
    "States: issued (HAProxy may not have it yet), served (proven by a handshake), retired.\n";

constexpr const char* certificate_show_about =
    "Show certificates by hostname or id.\n"
    "\n"
    "  acme-spoa certificate show www.example.org 42\n";

constexpr const char* certificate_renew_about =
    "Renew the certificates of hostnames now. Nobody has to: the daemon does when it is time.\n"
    "\n"
    "  acme-spoa certificate renew www.example.org --wait\n"
    "\n"
    "The old certificate is served until the new one is. A hostname whose last attempts failed is\n"
    "tried again at once.\n";

/// As in the configuration: `90s`, `5m`.
std::string parse_timeout(const std::string& text, std::chrono::milliseconds& timeout) {
  using namespace std::chrono_literals;
  const YamlNode node{.kind = YamlNode::Kind::scalar, .text = text};
  const auto value = evaluate(duration(1s, 24h), node);
  if (!value) return value.error();
  timeout = *value;
  return {};
}

CLI::Option* add_names(CLI::App* app, std::vector<std::string>& names, const char* help) {
  return app->add_option("NAME", names, help)->required()->type_name("");
}

void add_output(CLI::App* app, OutputFormat& output) {
  app->add_option_function<std::string>(
         "-o,--output",
         [&output](const std::string& text) {
           output = text == "json" ? OutputFormat::json : OutputFormat::table;
         },
         "table, or json: one object a line")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORMAT");
}

void add_wait(CLI::App* app, WaitOptions& options) {
  CLI::Option* const wait = app->add_flag(
      "--wait", options.wait, "show progress until each is served, has failed, or time is up");
  app->add_option_function<std::string>(
         "--timeout",
         [&options](const std::string& text) {
           const std::string problem = parse_timeout(text, options.timeout);
           if (!problem.empty()) throw CLI::ValidationError("--timeout", problem);
         },
         "how long --wait waits, as in 90s or 5m (2m)")
      ->needs(wait)
      ->type_name("TIME");
}

void add_addresses(CLI::App* app,
                   const char* name,
                   std::vector<std::string>& out,
                   const char* help) {
  app->add_option(name, out, help)
      ->type_name("ADDRESS")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
}

}  // namespace

struct CommandLine::Parser {
  CLI::App app{about, "acme-spoa"};
  CLI::Option* config = nullptr;
};

CommandLine::CommandLine() : parser_(std::make_unique<Parser>()) {
  CLI::App& app = parser_->app;
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();  // `hostname add NAME --config FILE` finds --config here
  parser_->config = app.add_option("--config", config_file_, "the configuration file")
                        ->envname("ACME_SPOA_CONFIG")
                        ->type_name("FILE")
                        ->capture_default_str();
  app.add_option("--socket", socket_, "the daemon's admin socket, instead of the configuration's")
      ->type_name("PATH");
  add_daemon_commands();
  add_haproxy_config();
  add_hostname_commands();
  add_certificate_commands();
}

CommandLine::~CommandLine() = default;

void CommandLine::add_daemon_commands() {
  CLI::App& app = parser_->app;
  app.add_subcommand("serve", serve_about)->callback([this] { command_ = Command::serve; });
  CLI::App* const check = app.add_subcommand("check", check_about);
  check->add_option("CONFIG", checked_file_, "the file to check, instead of --config")
      ->type_name("");
  check->callback([this] { command_ = Command::check; });
  app.add_subcommand("version", "Print the version.")->callback([this] {
    command_ = Command::version;
  });
}

void CommandLine::add_haproxy_config() {
  CLI::App* const app = parser_->app.add_subcommand("haproxy-config", haproxy_config_about);
  HaproxyConfigOptions& options = haproxy_config_;
  app->add_option_function<std::string>(
         "--for",
         [&options](const std::string& text) {
           options.version = haproxy::parse_config_version(text).value();
         },
         "HAProxy's version: 2.6 for 2.4 to 3.0, 3.4 for 3.1 and newer")
      ->required()
      ->check(CLI::IsMember({"2.6", "3.4"}))
      ->type_name("VERSION");
  app->add_option_function<std::string>(
         "--place",
         [&options](const std::string& text) {
           options.place = haproxy::parse_placement(text).value();
         },
         "where the filter sits: backend (requests over HTTPS pay nothing) or frontend")
      ->check(CLI::IsMember({"backend", "frontend"}))
      ->type_name("WHERE");
  app->add_option("--output",
                  options.output_directory,
                  "write haproxy.cfg and acme-spoa.spoe.conf into this folder")
      ->type_name("FOLDER");
  app->add_option("--instance", options.instance, "which of haproxy.instances (the first)")
      ->type_name("NAME");
  add_addresses(app, "--http", options.http, "where HAProxy takes plain HTTP (:80); repeatable");
  add_addresses(app, "--https", options.https, "where HAProxy takes HTTPS (:443); repeatable");
  app->add_option("--application", options.application, "your web server (127.0.0.1:8080)")
      ->type_name("ADDRESS");
  app->add_option("--foreign-tokens",
                  options.foreign_tokens,
                  "who gets challenges that are not ours, with --place backend (the application)")
      ->type_name("ADDRESS");
  app->callback([this] { command_ = Command::haproxy_config; });
}

void CommandLine::add_hostname_commands() {
  CLI::App* const hostname = parser_->app.add_subcommand("hostname", "Hostnames that are served.");
  hostname->require_subcommand(1);
  CLI::App* const add = hostname->add_subcommand("add", hostname_add_about);
  add_names(add, names_, "hostnames, in Unicode or as A-labels");
  add->add_flag("--https-redirect,!--no-https-redirect",
                https_redirect_,
                "whether plain HTTP is sent to HTTPS once the certificate is served (it is)");
  add_wait(add, wait_);
  add_output(add, output_);
  add->callback([this] { command_ = Command::hostname_add; });

  CLI::App* const remove = hostname->add_subcommand("remove", hostname_remove_about);
  add_names(remove, names_, "hostnames");
  add_output(remove, output_);
  remove->callback([this] { command_ = Command::hostname_remove; });

  CLI::App* const list = hostname->add_subcommand("list", hostname_list_about);
  CLI::Option* const search =
      list->add_option("--search", hostname_list_.search, "only names that begin so")
          ->type_name("TEXT");
  list->add_flag("--contains", hostname_list_.contains, "--search finds the text anywhere")
      ->needs(search);
  list->add_option("--state", hostname_list_.state, "only hostnames in this state")
      ->check(CLI::IsMember({"pending", "ready", "expired", "disabled"}))
      ->type_name("STATE");
  add_output(list, output_);
  list->callback([this] { command_ = Command::hostname_list; });

  CLI::App* const show = hostname->add_subcommand("show", hostname_show_about);
  add_names(show, names_, "hostnames");
  add_output(show, output_);
  show->callback([this] { command_ = Command::hostname_show; });
}

void CommandLine::add_certificate_commands() {
  CLI::App* const certificate =
      parser_->app.add_subcommand("certificate", "Certificates that HAProxy has or should have.");
  certificate->require_subcommand(1);
  CLI::App* const list = certificate->add_subcommand("list", certificate_list_about);
  list->add_option("--state", certificate_list_.state, "wanted (issued or served), retired or all")
      ->check(CLI::IsMember({"wanted", "retired", "all"}))
      ->type_name("STATE");
  add_output(list, output_);
  list->callback([this] { command_ = Command::certificate_list; });

  CLI::App* const show = certificate->add_subcommand("show", certificate_show_about);
  add_names(show, names_, "hostnames or ids");
  add_output(show, output_);
  show->callback([this] { command_ = Command::certificate_show; });

  CLI::App* const renew = certificate->add_subcommand("renew", certificate_renew_about);
  add_names(renew, names_, "hostnames");
  add_wait(renew, wait_);
  add_output(renew, output_);
  renew->callback([this] { command_ = Command::certificate_renew; });
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
  return {names_, https_redirect_, wait_, output_};
}

HostnameListOptions CommandLine::hostname_list() const {
  HostnameListOptions options = hostname_list_;
  options.output = output_;
  return options;
}

CertificateListOptions CommandLine::certificate_list() const {
  return {certificate_list_.state, output_};
}

CertificateRenewOptions CommandLine::certificate_renew() const {
  return {names_, wait_, output_};
}

}  // namespace agent
