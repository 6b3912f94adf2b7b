#include "agent/cli/command_parser.h"

namespace agent {

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
  const std::string help = "how long --wait waits, as in 90s or 5m (2m)";
  add_time(app,
           "--timeout",
           duration(std::chrono::seconds(1), std::chrono::hours(24)),
           options.timeout,
           help)
      ->needs(wait);
}

CLI::Option* add_time(CLI::App* app,
                      const std::string& name,
                      const ScalarRule<std::chrono::milliseconds>& rule,
                      std::chrono::milliseconds& time,
                      const std::string& help) {
  const auto take = [&time, name, rule](const std::string& text) {
    const auto value = evaluate(rule, YamlNode{.kind = YamlNode::Kind::scalar, .text = text});
    if (!value) throw CLI::ValidationError(name, value.error());
    time = *value;
  };
  return app->add_option_function<std::string>(name, take, help)->type_name("TIME");
}

void add_key_type(CLI::App* app, std::string& key_type) {
  app->add_option("--key-type", key_type, "of the new key (ecdsa-p256)")
      ->check(CLI::IsMember({"ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"}))
      ->type_name("TYPE");
}

}  // namespace agent
