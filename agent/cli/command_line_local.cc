#include "agent/cli/command_parser.h"
#include "agent/cli/command_texts.h"

namespace agent {
namespace {

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
  const auto day = std::chrono::hours(24);
  const std::string lifetime_help = "of certificates, as in 160h (2160h, which is 90 days)";
  add_time(app, "--lifetime", duration(day, 400 * day), options.lifetime, lifetime_help);
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

}  // namespace agent
