#include "agent/cli/command_line.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "agent/cli/command_texts.h"
#include "agent/config/scalar_rules.h"

namespace agent {
namespace {

/// As in the configuration: `90s`, `5m`.
std::string parse_time(const std::string& text,
                       const ScalarRule<std::chrono::milliseconds>& rule,
                       std::chrono::milliseconds& timeout) {
  const YamlNode node{.kind = YamlNode::Kind::scalar, .text = text};
  const auto value = evaluate(rule, node);
  if (!value) return value.error();
  timeout = *value;
  return {};
}

CLI::App* add_group(CLI::App* parent, const char* name, const CommandText& text) {
  CLI::App* const app = parent->add_subcommand(name, text.description);
  app->footer(text.footer);
  return app;
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

void add_wildcard_after(CLI::App* app, std::optional<std::uint32_t>& number) {
  app->add_option("--wildcard-after",
                  number,
                  "from this hostname of a zone on the wildcard covers; 0: never (inherited)")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N");
}

void add_wait(CLI::App* app, WaitOptions& options) {
  CLI::Option* const wait = app->add_flag(
      "--wait", options.wait, "show progress until each is served, has failed, or time is up");
  app->add_option_function<std::string>(
         "--timeout",
         [&options](const std::string& text) {
           using namespace std::chrono_literals;
           const std::string problem = parse_time(text, duration(1s, 24h), options.timeout);
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

/// What `{a,b}` lists, CLI11's description of a choice; empty for other checks.
std::vector<std::string> choices_of(CLI::Option& option) {
  std::vector<std::string> choices;
  try {
    std::string text = option.get_validator(0)->get_description();
    if (!text.starts_with('{') || !text.ends_with('}')) return {};
    std::istringstream words(text.substr(1, text.size() - 2));
    for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
  } catch (const CLI::OptionNotFound&) {
  }
  return choices;
}

CommandNode::Option to_node(CLI::Option& option) {
  CommandNode::Option node;
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  const bool is_flag = option.get_items_expected_max() == 0;
  if (!is_flag) {
    const std::string type = option.get_type_name();
    node.placeholder = type.substr(0, type.find(':'));  // a check's words follow
  }
  if (node.names.empty()) node.placeholder = option.get_name();
  node.help = option.get_description();
  node.choices = choices_of(option);
  return node;
}

CommandNode to_node(CLI::App& app) {
  CommandNode node{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (CLI::Option* const option : app.get_options()) {
    const bool is_repeated = app.get_parent() != nullptr && option == app.get_help_ptr();
    if (!is_repeated) node.options.push_back(to_node(*option));
  }
  for (CLI::App* const command : app.get_subcommands([](CLI::App*) { return true; })) {
    node.commands.push_back(to_node(*command));
  }
  return node;
}

}  // namespace

struct CommandLine::Parser {
  CLI::App app{program_about, "acme-spoa"};
  CLI::Option* config = nullptr;
};

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

void CommandLine::add_daemon_commands() {
  CLI::App* const app = &parser_->app;
  add_command(app, "serve", serve_text, Command::serve);
  add_command(app, "check", check_text, Command::check)
      ->add_option("CONFIG", checked_file_, "the file to check, instead of --config")
      ->type_name("");
  add_command(app, "version", version_text, Command::version);
}

void CommandLine::add_haproxy_config() {
  CLI::App* const app =
      add_command(&parser_->app, "haproxy-config", haproxy_config_text, Command::haproxy_config);
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
}

void CommandLine::add_simulate() {
  CLI::App* const app = add_command(&parser_->app, "simulate", simulate_text, Command::simulate);
  SimulateOptions& options = simulate_;
  app->add_option("--names", options.names, "hostnames, all added at the start (100000)")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
  app->add_option("--days", options.days, "how long (365)")
      ->check(CLI::Range(1, 3650))
      ->type_name("N");
  app->add_option_function<std::string>(
         "--lifetime",
         [&options](const std::string& text) {
           using namespace std::chrono_literals;
           const std::string problem = parse_time(text, duration(24h, 24h * 400), options.lifetime);
           if (!problem.empty()) throw CLI::ValidationError("--lifetime", problem);
         },
         "of certificates, as in 160h (2160h, which is 90 days)")
      ->type_name("TIME");
  app->add_option(
         "--names-per-domain", options.names_per_domain, "hostnames of one registered domain (1)")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
  app->add_option("--dead", options.dead_percent, "percent of the hostnames that always fail (0)")
      ->check(CLI::Range(0, 99))
      ->type_name("N");
  app->add_flag(
      "--no-renewal-info", no_renewal_info_, "the authority advises no renewals (no ARI)");
  app->add_option("--authority", options.authority, "only this one (all, in their order)")
      ->type_name("NAME");
  app->add_option("--svg", options.svg_file, "write a picture into this file")->type_name("FILE");
  add_output(app, output_);
  app->add_flag_callback(
      "--json", [this] { output_ = OutputFormat::json; }, "the same as --output json");
}

SimulateOptions CommandLine::simulate() const {
  SimulateOptions options = simulate_;
  options.has_renewal_info = !no_renewal_info_;
  options.output = output_;
  return options;
}

void CommandLine::add_hostname_commands() {
  CLI::App* const group = add_group(&parser_->app, "hostname", hostname_text);
  group->require_subcommand(1);
  CLI::App* const add = add_command(group, "add", hostname_add_text, Command::hostname_add);
  add_names(add, names_, "hostnames, in Unicode or as A-labels");
  add->add_flag("--no-https-redirect", no_https_redirect_, "do not send plain HTTP to HTTPS");
  add->add_option("--mode",
                  mode_,
                  "automatic: its own certificate; wildcard: its zone's; custom: yours; off: none")
      ->check(CLI::IsMember({"automatic", "wildcard", "custom", "off"}))
      ->type_name("MODE");
  add->add_option("--challenge-path",
                  challenge_path_,
                  "answered, or left_alone: /.well-known/acme-challenge/ is the application's")
      ->check(CLI::IsMember({"answered", "left_alone"}))
      ->type_name("WHOSE");
  add_wait(add, wait_);
  add_output(add, output_);

  CLI::App* const remove =
      add_command(group, "remove", hostname_remove_text, Command::hostname_remove);
  add_names(remove, names_, "hostnames");
  add_output(remove, output_);

  CLI::App* const list = add_command(group, "list", hostname_list_text, Command::hostname_list);
  CLI::Option* const search =
      list->add_option("--search", hostname_list_.search, "only names that begin so")
          ->type_name("TEXT");
  list->add_option("--tenant", hostname_list_.tenant, "only those in its zones")->type_name("ID");
  list->add_option("--zone", hostname_list_.zone, "only those that the zone owns")
      ->type_name("NAME");
  list->add_flag("--contains", hostname_list_.contains, "--search finds the text anywhere")
      ->needs(search);
  list->add_option("--state", hostname_list_.state, "only hostnames in this state")
      ->check(CLI::IsMember({"pending", "ready", "expired", "disabled"}))
      ->type_name("STATE");
  list->add_flag("--unused", hostname_list_.unused, "only those not renewed: they lead elsewhere");
  add_output(list, output_);

  CLI::App* const show = add_command(group, "show", hostname_show_text, Command::hostname_show);
  add_names(show, names_, "hostnames");
  add_output(show, output_);
}

void CommandLine::add_certificate_commands() {
  CLI::App* const group = add_group(&parser_->app, "certificate", certificate_text);
  group->require_subcommand(1);
  CLI::App* const list =
      add_command(group, "list", certificate_list_text, Command::certificate_list);
  list->add_option("--state", certificate_list_.state, "wanted (issued or served), retired or all")
      ->check(CLI::IsMember({"wanted", "retired", "all"}))
      ->type_name("STATE");
  add_output(list, output_);

  CLI::App* const show =
      add_command(group, "show", certificate_show_text, Command::certificate_show);
  add_names(show, names_, "hostnames or ids");
  add_output(show, output_);

  CLI::App* const renew =
      add_command(group, "renew", certificate_renew_text, Command::certificate_renew);
  add_names(renew, names_, "hostnames");
  add_wait(renew, wait_);
  add_output(renew, output_);
  add_custom_commands(group);
  add_export_command(group);
  add_revocation_commands(group);
}

void CommandLine::add_custom_commands(CLI::App* group) {
  CertificateCsrOptions& csr = certificate_csr_;
  CLI::App* const make = add_command(group, "csr", certificate_csr_text, Command::certificate_csr);
  make->add_option("HOSTNAME", csr.name, "the hostname")->required()->type_name("");
  make->add_option("--key-type", csr.key_type, "of the new key (ecdsa-p256)")
      ->check(CLI::IsMember({"ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"}))
      ->type_name("TYPE");
  const auto add = [make](const char* option, std::string& text, const char* help) {
    return make->add_option(option, text, help)->type_name("TEXT");
  };
  add("--common-name", csr.common_name, "CN (the hostname)");
  add("--organization", csr.organization, "O, as the company's register has it");
  add("--organizational-unit", csr.organizational_unit, "OU");
  add("--locality", csr.locality, "L: the town");
  add("--state", csr.state, "ST: state or province");
  add("--country", csr.country, "C: two letters, as DE");
  make->add_option("--also", csr.more_names, "more names for the certificate; repeatable")
      ->expected(1)
      ->take_all()
      ->type_name("NAME");
  add("-o,--out", csr.out, "write it into this file")->type_name("FILE");
  make->add_flag(
      "--show", csr.show, "the one that waits for its certificate, instead of a new one");

  CertificateInstallOptions& options = certificate_install_;
  CLI::App* const install =
      add_command(group, "install", certificate_install_text, Command::certificate_install);
  install->add_option("HOSTNAME", options.name, "the hostname")->required()->type_name("");
  const auto add_file = [install](const char* option, std::string& path, const char* help) {
    return install->add_option(option, path, help)->type_name("FILE");
  };
  CLI::Option* const chain =
      add_file("--chain", options.chain, "certificate and its issuers in PEM, in any order");
  CLI::Option* const key =
      add_file("--key", options.key, "its key in PEM (that of the newest CSR)");
  add_file("--pkcs12", options.pkcs12, "all of it in one container (.p12, .pfx)")
      ->excludes(chain)
      ->excludes(key);
  add_file("--passphrase-file", options.passphrase_file, "its first line opens the key");
  install
      ->add_option("--return-to-automatic",
                   options.return_days,
                   "order one of ours so many days before its end (never)")
      ->check(CLI::Range(1, 365))
      ->type_name("DAYS");
  add_wait(install, wait_);
  add_output(install, output_);
}

void CommandLine::add_export_command(CLI::App* group) {
  CertificateExportOptions& options = certificate_export_;
  CLI::App* const app =
      add_command(group, "export", certificate_export_text, Command::certificate_export);
  app->add_option("NAME", options.name, "a hostname, or the id of a certificate")
      ->required()
      ->type_name("");
  app->add_flag("--with-key", options.with_key, "the private key too; over the socket only");
  app->add_option("-o,--out", options.out, "write it into this file, for its owner alone")
      ->type_name("FILE");
}

CertificateInstallOptions CommandLine::certificate_install() const {
  CertificateInstallOptions options = certificate_install_;
  options.wait = wait_;
  options.output = output_;
  return options;
}

void CommandLine::add_revocation_commands(CLI::App* group) {
  CertificateRevokeOptions& options = certificate_revoke_;
  CLI::App* const revoke =
      add_command(group, "revoke", certificate_revoke_text, Command::certificate_revoke);
  CLI::Option* const names = revoke->add_option("NAME", names_, "hostnames or ids")->type_name("");
  CLI::Option* const from =
      revoke->add_option("--from", options.from, "a file with more, one a line; - is the input")
          ->type_name("FILE");
  CLI::Option* const all_of =
      revoke->add_option("--all-of", options.all_of, "all that this authority has issued to us")
          ->type_name("AUTHORITY");
  all_of->excludes(names)->excludes(from);
  revoke->add_option("--reason", options.reason, "why (unspecified)")
      ->check(CLI::IsMember({"unspecified", "keyCompromise", "superseded", "cessationOfOperation"}))
      ->type_name("REASON");
  revoke->add_flag("--replace,!--no-replace",
                   options.replace,
                   "whether hostnames in mode automatic get new ones (they do)");
  revoke->add_flag("--yes", options.yes, "really: needed with --from and --all-of");
  add_output(revoke, output_);

  CLI::App* const list = add_command(
      group, "revocations", certificate_revocations_text, Command::certificate_revocations);
  list->add_option("--state", revocation_state_, "only those in this state")
      ->check(CLI::IsMember({"pending", "revoked", "refused"}))
      ->type_name("STATE");
  add_output(list, output_);
}

void CommandLine::add_account_commands() {
  AccountCommandOptions& options = account_;
  CLI::App* const group = add_group(&parser_->app, "account", account_text);
  group->require_subcommand(1);
  const auto add = [&](const char* name, const CommandText& text, Command command) {
    CLI::App* const app = add_command(group, name, text, command);
    app->add_option("AUTHORITY", options.authority, "its name in the configuration")
        ->required()
        ->type_name("");
    add_output(app, output_);
    return app;
  };
  const auto add_key_type = [&options](CLI::App* app) {
    app->add_option("--key-type", options.key_type, "of the new key (ecdsa-p256)")
        ->check(CLI::IsMember({"ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"}))
        ->type_name("TYPE");
  };
  add_output(add_command(group, "list", account_list_text, Command::account_list), output_);
  add("show", account_show_text, Command::account_show);
  add("contact", account_contact_text, Command::account_contact)
      ->add_option("CONTACT", options.contacts, "all contacts from now on, as in mailto:ops@…")
      ->required()
      ->type_name("");
  CLI::App* const rollover = add("rollover", account_rollover_text, Command::account_rollover);
  add_key_type(rollover);
  add_wait(rollover, wait_);
  add("deactivate", account_deactivate_text, Command::account_deactivate)
      ->add_flag("--yes", options.yes, "really: it is for ever");
  add_key_type(add("register", account_register_text, Command::account_register));
}

void CommandLine::add_dns_record() {
  CLI::App* const app =
      add_command(&parser_->app, "dns-record", dns_record_text, Command::dns_record);
  add_names(app, names_, "hostnames");
  add_output(app, output_);
}

void CommandLine::add_haproxy_commands() {
  CLI::App* const group = add_group(&parser_->app, "haproxy", haproxy_text);
  group->require_subcommand(1);
  CLI::App* const status =
      add_command(group, "status", haproxy_status_text, Command::haproxy_status);
  add_output(status, output_);
  CLI::App* const sync = add_command(group, "sync", haproxy_sync_text, Command::haproxy_sync);
  sync->add_flag("--dry-run", haproxy_sync_.dry_run, "only say what would be changed");
  sync->add_option("--instance", haproxy_sync_.instance, "which of haproxy.instances (all)")
      ->type_name("NAME");
  add_output(sync, output_);

  CLI::App* const verify = add_command(&parser_->app, "verify", verify_text, Command::verify);
  CLI::Option* const names =
      verify->add_option("NAME", names_, "hostnames; without any, a sample of all")->type_name("");
  CLI::Option* const all = verify->add_flag("--all", verify_.all, "every certificate");
  CLI::Option* const sample =
      verify->add_option("--sample", verify_.sample, "so many, evenly spread (100)")
          ->check(CLI::Range(1, 100'000'000))
          ->type_name("COUNT");
  all->excludes(names)->excludes(sample);
  sample->excludes(names);
  add_output(verify, output_);
}

void CommandLine::add_tenant_commands() {
  CLI::App* const group = add_group(&parser_->app, "tenant", tenant_text);
  group->require_subcommand(1);
  CLI::App* const set = add_command(group, "set", tenant_set_text, Command::tenant_set);
  set->add_option("ID", tenant_.id, "the platform's own key: a-z 0-9 . _ -")
      ->required()
      ->type_name("");
  set->add_option("--title", tenant_.title, "for people")->type_name("TEXT");
  add_wildcard_after(set, tenant_.wildcard_after);
  add_output(set, output_);
  CLI::App* const list = add_command(group, "list", tenant_list_text, Command::tenant_list);
  add_output(list, output_);
  CLI::App* const remove = add_command(group, "remove", tenant_remove_text, Command::tenant_remove);
  remove->add_option("ID", names_, "tenants")->required()->type_name("");
}

void CommandLine::add_zone_commands() {
  CLI::App* const group = add_group(&parser_->app, "zone", zone_text);
  group->require_subcommand(1);
  CLI::App* const set = add_command(group, "set", zone_set_text, Command::zone_set);
  add_names(set, names_, "zones, in Unicode or as A-labels");
  set->add_option("--tenant", zone_.tenant, "whose it is; a tenant's own token needs none")
      ->type_name("ID");
  set->add_option("--dns", zone_.dns, "configured: wildcards are proven as the configuration says")
      ->check(CLI::IsMember({"configured", "none"}))
      ->type_name("METHOD");
  add_wildcard_after(set, zone_.wildcard_after);
  add_output(set, output_);
  CLI::App* const list = add_command(group, "list", zone_list_text, Command::zone_list);
  list->add_option("--tenant", zone_.tenant, "only its zones")->type_name("ID");
  add_output(list, output_);
  CLI::App* const show = add_command(group, "show", zone_show_text, Command::zone_show);
  add_names(show, names_, "zones");
  add_output(show, output_);
  CLI::App* const remove = add_command(group, "remove", zone_remove_text, Command::zone_remove);
  add_names(remove, names_, "zones");
}

void CommandLine::add_token_commands() {
  CLI::App* const group = add_group(&parser_->app, "token", token_text);
  group->require_subcommand(1);
  CLI::App* const add = add_command(group, "add", token_add_text, Command::token_add);
  add->add_option("NAME", token_.name, "what lists and the history call it")
      ->required()
      ->type_name("");
  add->add_option("--scope", token_.scope, "admin, tenant (what is its own) or read-only")
      ->required()
      ->check(CLI::IsMember({"admin", "tenant", "read-only"}))
      ->type_name("SCOPE");
  add->add_option("--tenant", token_.tenant, "of --scope tenant")->type_name("ID");
  add->add_option("--days", token_.days, "how long it opens something (for ever)")
      ->check(CLI::Range(1, 3650))
      ->type_name("N");
  CLI::App* const list = add_command(group, "list", token_list_text, Command::token_list);
  add_output(list, output_);
  CLI::App* const remove = add_command(group, "remove", token_remove_text, Command::token_remove);
  remove->add_option("NAME", names_, "tokens")->required()->type_name("");
}

void CommandLine::add_backup_commands() {
  CLI::App* const app = &parser_->app;
  add_command(app, "export", export_text, Command::export_state)
      ->add_option("FILE", backup_file_, "where to; - is standard output")
      ->required()
      ->type_name("");
  add_command(app, "restore", restore_text, Command::restore_state)
      ->add_option("FILE", backup_file_, "what `export` has written")
      ->required()
      ->type_name("");
}

void CommandLine::add_import() {
  CLI::App* const app = add_command(&parser_->app, "import", import_text, Command::import_file);
  app->add_option("FILE", import_file_, "CSV or NDJSON; - is standard input")
      ->required()
      ->type_name("");
  add_output(app, output_);
}

void CommandLine::add_event_commands() {
  CLI::App* const group = add_group(&parser_->app, "event", event_text);
  group->require_subcommand(1);
  const auto add = [&](const char* name, const CommandText& text, Command command) {
    CLI::App* const app = add_command(group, name, text, command);
    app->add_option("--subject", event_.subject, "only those of this hostname, tenant, ...")
        ->type_name("NAME");
    app->add_option("--limit", event_.limit, "so many of the newest (100)")
        ->check(CLI::Range(1, 1000))
        ->type_name("N");
    add_output(app, output_);
  };
  add("list", event_list_text, Command::event_list);
  add("tail", event_tail_text, Command::event_tail);
}

void CommandLine::add_order_commands() {
  CLI::App* const group = add_group(&parser_->app, "order", order_text);
  group->require_subcommand(1);
  CLI::App* const list = add_command(group, "list", order_list_text, Command::order_list);
  list->add_option("--authority", order_authority_, "only those at this one (all)")
      ->type_name("NAME");
  add_output(list, output_);
}

void CommandLine::add_helpers() {
  CLI::App* const doctor = add_command(&parser_->app, "doctor", doctor_text, Command::doctor);
  doctor->add_option("NAME", names_, "hostnames to look at as well")->type_name("");
  add_output(doctor, output_);
  add_command(&parser_->app, "completion", completion_text, Command::completion)
      ->add_option_function<std::string>(
          "SHELL",
          [this](const std::string& text) {
            shell_ = text == "zsh" ? Shell::zsh : text == "fish" ? Shell::fish : Shell::bash;
          },
          "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  add_command(&parser_->app, "manual", manual_text, Command::manual);
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
