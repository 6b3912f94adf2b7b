#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "tests/fake_ca/asio/server.h"
#include "tests/fake_ca/json_fields.h"
#include "tests/fake_ca/options_json.h"

namespace fake_ca {
namespace {

constexpr const char* footer = R"(
The configuration is a JSON object; every flag wins over it:
  {"listen": "127.0.0.1:14000", "management": "127.0.0.1:15000", "output_directory": "out",
   "validation_address": "127.0.0.1", "http_port": 5002, "tls_port": 5001,
   "resolver": "127.0.0.1:8053", "perspectives": 3, "fault_seed": 7,
   "options": {"processing_seconds": 2, "limits": "letsencrypt", "alternate_chains": 1,
               "profiles": {"shortlived": {"validity_seconds": 576000, "max_names": 25}}},
   "faults": [{"kind": "lose_reply", "endpoint": "newOrder", "first": 1, "count": 1}]}

It prints one line of JSON when it listens: the directory's URL, the management's URL, and the
files with the root that its own TLS certificate has and the roots of what it issues. It runs until
SIGINT or SIGTERM.

tests/fake_ca/README.md has all options, kinds of fault and management requests.)";

struct Arguments {
  std::string config;
  std::string listen, management, resolver;
  std::string output_directory;
  std::string validation_address;
  std::optional<std::uint16_t> http_port, tls_port;
  std::string limits;
  bool always_valid = false;
};

[[noreturn]] void fail(const std::string& sentence) {
  throw std::runtime_error(sentence);
}

base::TcpEndpoint tcp_endpoint(const std::string& text, const std::string& where) {
  const auto parsed = base::parse_endpoint(text);
  if (!parsed) fail(where + ": " + parsed.error());
  const auto* tcp = std::get_if<base::TcpEndpoint>(&parsed.value());
  if (tcp == nullptr) fail(where + ": it is to be ADDRESS:PORT, not " + text);
  return *tcp;
}

Json read_config(const std::string& file) {
  if (file.empty()) return Json::object();
  std::ifstream input(file);
  if (!input) fail(file + ": cannot be read");
  std::stringstream text;
  text << input.rdbuf();
  try {
    return Json::parse(text.str());
  } catch (const Json::parse_error& error) {
    fail(file + ": " + error.what());
  }
}

std::uint16_t port_of(int number, const std::string& where) {
  if (number < 1 || number > 65535) fail(where + " is to be between 1 and 65535");
  return static_cast<std::uint16_t>(number);
}

/// The file's text members are defaults of the arguments.
struct ConfigTexts {
  std::string listen = "127.0.0.1:0", management = "127.0.0.1:0", resolver;
  std::string output_directory = ".";
  std::string validation_address = "127.0.0.1";
  int http_port = 80, tls_port = 443;
};

void apply_config(const Json& json, ConfigTexts& texts, ServerOptions& options) {
  JsonFields fields(json, "");
  fields.read("listen", texts.listen);
  fields.read("management", texts.management);
  fields.read("resolver", texts.resolver);
  fields.read("output_directory", texts.output_directory);
  fields.read("validation_address", texts.validation_address);
  fields.read("http_port", texts.http_port);
  fields.read("tls_port", texts.tls_port);
  fields.read("perspectives", options.perspectives);
  std::size_t seed = options.fault_seed;
  fields.read("fault_seed", seed);
  options.fault_seed = seed;
  fields.read("options", [&options](const Json& member, const std::string&) {
    const auto applied = apply_options(options.authority, member);
    return applied ? std::string() : "options." + applied.error();
  });
  fields.read("faults", [&options](const Json& member, const std::string&) {
    auto rules = parse_faults(member);
    if (!rules) return rules.error();
    options.faults = std::move(rules).value();
    return std::string();
  });
  if (const std::string mistake = fields.mistake(); !mistake.empty()) fail(mistake);
}

ServerOptions to_options(const Arguments& arguments, std::string& output_directory) {
  ServerOptions options;
  ConfigTexts texts;
  apply_config(read_config(arguments.config), texts, options);
  const auto either = [](const std::string& flag, const std::string& other) {
    return flag.empty() ? other : flag;
  };
  options.listen = tcp_endpoint(either(arguments.listen, texts.listen), "listen");
  options.management = tcp_endpoint(either(arguments.management, texts.management), "management");
  const std::string resolver = either(arguments.resolver, texts.resolver);
  if (!resolver.empty()) options.validator.resolver = tcp_endpoint(resolver, "resolver");
  options.validator.address = either(arguments.validation_address, texts.validation_address);
  options.validator.http_port = arguments.http_port.value_or(port_of(texts.http_port, "http_port"));
  options.validator.tls_port = arguments.tls_port.value_or(port_of(texts.tls_port, "tls_port"));
  if (arguments.always_valid) options.authority.validation = Validation::always_valid;
  if (!arguments.limits.empty()) {
    const auto applied = apply_options(options.authority, {{"limits", arguments.limits}});
    if (!applied) fail("--" + applied.error());
  }
  output_directory = either(arguments.output_directory, texts.output_directory);
  return options;
}

std::string write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream output(path);
  output << text;
  if (!output.flush()) fail(path.string() + ": cannot be written");
  return path.string();
}

/// What a client needs to know, as one line of JSON.
void print_whereabouts(Server& server, const std::string& output_directory) {
  const std::filesystem::path folder(output_directory);
  std::filesystem::create_directories(folder);
  Json json = {{"directory", server.directory_url()},
               {"management", server.management_url()},
               {"tls_root", write_file(folder / "fake-ca-tls-root.pem", server.tls_root_pem())},
               {"roots", Json::array()}};
  const std::size_t chains =
      server.with([](Ca& ca, FaultPlan&) { return ca.state().signer.chains(); });
  for (std::size_t i = 0; i < chains; ++i) {
    const std::string name = "fake-ca-root-" + std::to_string(i) + ".pem";
    json["roots"].push_back(write_file(folder / name, server.root_pem(i)));
  }
  std::cout << json.dump() << std::endl;
}

void add_options(CLI::App& app, Arguments& arguments) {
  app.add_option("-c,--config", arguments.config, "JSON file, see below")->type_name("FILE");
  app.add_option("--listen", arguments.listen, "ACME over HTTPS (127.0.0.1:0, any free port)")
      ->type_name("ADDRESS:PORT");
  app.add_option("--management", arguments.management, "management over HTTP (127.0.0.1:0)")
      ->type_name("ADDRESS:PORT");
  app.add_option("--output", arguments.output_directory, "where the roots are written (.)")
      ->type_name("FOLDER");
  app.add_option("--validation-address", arguments.validation_address, "of all names (127.0.0.1)")
      ->type_name("ADDRESS");
  app.add_option("--http-port", arguments.http_port, "of http-01 (80)")->type_name("PORT");
  app.add_option("--tls-port", arguments.tls_port, "of tls-alpn-01 (443)")->type_name("PORT");
  app.add_option("--resolver", arguments.resolver, "asked for TXT over TCP (none)")
      ->type_name("ADDRESS:PORT");
  app.add_option("--limits", arguments.limits, "none, letsencrypt or letsencrypt_staging (none)")
      ->type_name("PRESET");
  app.add_flag("--always-valid", arguments.always_valid, "challenges pass without asking anyone");
}

/// Blocks until the process is asked to end.
void wait_for_signal(const sigset_t& signals) {
  int number = 0;
  sigwait(&signals, &number);
}

int run(const Arguments& arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before the server's thread inherits it
  std::string output_directory;
  Server server(to_options(arguments, output_directory));
  print_whereabouts(server, output_directory);
  wait_for_signal(signals);
  return 0;
}

}  // namespace
}  // namespace fake_ca

int main(int argc, char** argv) {
  CLI::App app("An honest ACME authority (RFC 8555, RFC 9773) for tests, with limits and faults");
  app.footer(fake_ca::footer);
  fake_ca::Arguments arguments;
  fake_ca::add_options(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    return fake_ca::run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "fake_ca: " << error.what() << "\n";
    return 2;
  }
}
