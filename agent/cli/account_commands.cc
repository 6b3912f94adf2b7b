#include "agent/cli/account_commands.h"

#include <utility>

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/cli/table.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::chrono::milliseconds between_looks{200};

std::string path_of(const AccountCommandOptions& options, const char* operation = "") {
  return "/v1/authorities/" + ApiClient::percent_encode(options.authority) + "/account" + operation;
}

/// The account, with what the authority says of it if that was asked.
void print_account(const ordered_json& account, const CliEnvironment& environment) {
  const ordered_json& asked = field(account, "asked");
  print_details({{"authority", text_field(account, "authority")},
                 {"directory", text_field(account, "directory")},
                 {"account", text_field(account, "url")},
                 {"status", text_field(account, "status")},
                 {"key type", text_field(account, "key_type")},
                 {"thumbprint", text_field(account, "thumbprint")},
                 {"next key", text_field(account, "next_thumbprint")},
                 {"key change", text_field(account, "key_change")},
                 {"created", text_field(account, "created")},
                 {"at authority", text_field(asked, "status")},
                 {"contacts", joined(field(asked, "contacts"))},
                 {"trouble", text_field(account, "trouble")}},
                environment);
}

ExitStatus print(const base::Result<ApiClient::Json, ApiFailure>& account,
                 OutputFormat output,
                 const CliEnvironment& environment) {
  if (!account) return report(account.error(), environment);
  if (output == OutputFormat::json) {
    print_json(*account, environment);
  } else {
    print_account(*account, environment);
  }
  return ExitStatus::ok;
}

ExitStatus refuse(const std::string& text, const CliEnvironment& environment) {
  return report({.status = ExitStatus::usage, .message = text}, environment);
}

/// Until the account has another key, the change was given up, or the time is over.
base::Result<ApiClient::Json, ApiFailure> wait_for_key(ApiClient& api,
                                                       const AccountCommandOptions& options,
                                                       const CliEnvironment& environment) {
  const base::MonotonicTime end = environment.clock.monotonic() + options.wait.timeout;
  std::string shown;
  while (true) {
    auto account = api.get(path_of(options));
    if (!account || text_field(*account, "next_thumbprint").empty()) return account;
    const std::string state = text_field(*account, "key_change");
    if (state != shown) {
      progress_stream(options.output, environment)
          << printable(options.authority + ": the change of the key " + state) << std::endl;
      shown = state;
    }
    if (environment.clock.monotonic() >= end) return account;
    environment.sleep(between_looks);
  }
}

}  // namespace

ExitStatus account_list(ApiClient& api, OutputFormat output, const CliEnvironment& environment) {
  const auto reply = api.get("/v1/accounts");
  if (!reply) return report(reply.error(), environment);
  Table table({"AUTHORITY", "STATUS", "KEY TYPE", "THUMBPRINT", "ACCOUNT"});
  std::vector<std::string> troubles;
  for (const ordered_json& account : field(*reply, "accounts")) {
    if (output == OutputFormat::json) {
      print_json(account, environment);
      continue;
    }
    const std::string name = text_field(account, "authority");
    const std::string trouble = text_field(account, "trouble");
    table.add({name,
               text_field(account, "status"),
               text_field(account, "key_type"),
               text_field(account, "thumbprint"),
               text_field(account, "url")});
    if (!trouble.empty()) troubles.push_back(name + ": " + trouble);
  }
  table.print(environment.out);
  for (const std::string& trouble : troubles) environment.out << printable(trouble) << "\n";
  return ExitStatus::ok;
}

ExitStatus account_show(ApiClient& api,
                        const AccountCommandOptions& options,
                        const CliEnvironment& environment) {
  const auto asked = api.post(path_of(options, "/check"), ordered_json::object());
  if (asked) {
    static_cast<void>(print(asked, options.output, environment));
    const bool is_valid = text_field(field(*asked, "asked"), "status") == "valid";
    return is_valid ? ExitStatus::ok : ExitStatus::failed;
  }
  const auto known = api.get(path_of(options));
  if (!known) return report(known.error(), environment);
  static_cast<void>(print(known, options.output, environment));
  static_cast<void>(report(asked.error(), environment));
  return ExitStatus::failed;
}

ExitStatus account_contact(ApiClient& api,
                           const AccountCommandOptions& options,
                           const CliEnvironment& environment) {
  const auto done = api.post(path_of(options, "/contact"), {{"contacts", options.contacts}});
  return print(done, options.output, environment);
}

ExitStatus account_rollover(ApiClient& api,
                            const AccountCommandOptions& options,
                            const CliEnvironment& environment) {
  const auto begun = api.post(path_of(options, "/rollover"), {{"key_type", options.key_type}});
  if (!begun || !options.wait.wait) return print(begun, options.output, environment);
  const std::string wanted = text_field(*begun, "next_thumbprint");
  const auto account = wait_for_key(api, options, environment);
  const ExitStatus status = print(account, options.output, environment);
  if (status != ExitStatus::ok) return status;
  const bool is_changed = text_field(*account, "thumbprint") == wanted;
  return is_changed ? ExitStatus::ok : ExitStatus::failed;
}

ExitStatus account_deactivate(ApiClient& api,
                              const AccountCommandOptions& options,
                              const CliEnvironment& environment) {
  if (!options.yes) {
    return refuse("an account is closed for ever: add --yes to close that at " + options.authority,
                  environment);
  }
  const auto done = api.post(path_of(options, "/deactivate"), {{"authority", options.authority}});
  return print(done, options.output, environment);
}

ExitStatus account_register(ApiClient& api,
                            const AccountCommandOptions& options,
                            const CliEnvironment& environment) {
  const auto done = api.post(path_of(options, "/register"), {{"key_type", options.key_type}});
  return print(done, options.output, environment);
}

ExitStatus dns_record(ApiClient& api,
                      const std::vector<std::string>& names,
                      OutputFormat output,
                      const CliEnvironment& environment) {
  ExitStatus status = ExitStatus::ok;
  for (const std::string& name : names) {
    const auto found = api.get("/v1/hostnames/" + ApiClient::percent_encode(name) + "/dns-records");
    if (!found) {
      status = worst(status, report(found.error(), environment));
      continue;
    }
    if (output == OutputFormat::json) {
      print_json(*found, environment);
      continue;
    }
    for (const ordered_json& record : field(*found, "records")) {
      const bool is_text = text_field(record, "type") == "TXT";
      const std::string value = text_field(record, "value");
      const std::string authority = text_field(record, "authority");
      // A line of a zone file (RFC 1035 §5.1).
      environment.out << printable(text_field(record, "name") + ". IN " +
                                   text_field(record, "type") + " " +
                                   (is_text ? '"' + value + '"' : value + ".") + " ; " +
                                   text_field(record, "challenge") +
                                   (authority.empty() ? "" : " at " + authority))
                      << "\n";
    }
    for (const ordered_json& note : field(*found, "notes")) {
      if (note.is_string()) environment.out << printable("; " + note.get<std::string>()) << "\n";
    }
  }
  return status;
}

}  // namespace agent
