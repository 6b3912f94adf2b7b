#include "agent/cli/platform_commands.h"

#include "agent/cli/command_output.h"
#include "agent/cli/json_fields.h"
#include "agent/cli/table.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

std::string or_inherited(const std::string& text) {
  return text.empty() ? "inherited" : text;
}

void print_tenant(const ordered_json& tenant, const CliEnvironment& environment) {
  print_details({{"id", text_field(tenant, "id")},
                 {"title", text_field(tenant, "title")},
                 {"wildcard after", or_inherited(text_field(tenant, "wildcard_after"))},
                 {"created", text_field(tenant, "created")}},
                environment);
}

void print_zone(const ordered_json& zone, const CliEnvironment& environment) {
  const ordered_json& wildcard = field(zone, "wildcard");
  print_details({{"name", text_field(zone, "name")},
                 {"unicode name", text_field(zone, "unicode_name")},
                 {"tenant", text_field(zone, "tenant")},
                 {"dns", text_field(zone, "dns")},
                 {"wildcard after", or_inherited(text_field(zone, "wildcard_after"))},
                 {"wildcard", text_field(wildcard, "name")},
                 {"  state", text_field(wildcard, "state")},
                 {"  stage", text_field(wildcard, "stage")},
                 {"  last error", text_field(wildcard, "last_error")},
                 {"no wildcard", text_field(zone, "wildcard_refusal")},
                 {"created", text_field(zone, "created")}},
                environment);
}

/// Prints what `ask` answers for each of the zones, whose path it is given.
template <class Ask>
ExitStatus print_each_zone(const ZoneOptions& options, const CliEnvironment& environment, Ask ask) {
  ExitStatus status = ExitStatus::ok;
  for (const std::string& name : options.names) {
    const auto zone = ask("/v1/zones/" + ApiClient::percent_encode(name));
    if (!zone) {
      status = worst(status, report(zone.error(), environment));
    } else if (options.output == OutputFormat::json) {
      print_json(*zone, environment);
    } else {
      print_zone(*zone, environment);
    }
  }
  return status;
}

/// Every object of a paged list, as rows of a table or lines of JSON.
template <class ToRow>
ExitStatus print_pages(ApiClient& api,
                       const std::string& target,
                       const char* member,
                       Table table,
                       OutputFormat output,
                       const CliEnvironment& environment,
                       ToRow to_row) {
  std::string cursor;
  do {
    const auto page = api.get(cursor.empty() ? target : target + "&cursor=" + cursor);
    if (!page) return report(page.error(), environment);
    for (const ordered_json& object : field(*page, member)) {
      if (output == OutputFormat::json) {
        print_json(object, environment);
      } else {
        table.add(to_row(object));
      }
    }
    table.print(environment.out);
    cursor = ApiClient::percent_encode(text_field(*page, "next"));
  } while (!cursor.empty());
  return ExitStatus::ok;
}

void add_number(ordered_json& body, const char* name, std::optional<std::int64_t> number) {
  if (number) body[name] = *number;
}

}  // namespace

ExitStatus tenant_set(ApiClient& api,
                      const TenantOptions& options,
                      const CliEnvironment& environment) {
  ordered_json body = {{"title", options.title}};
  add_number(body, "wildcard_after", options.wildcard_after);
  const auto tenant = api.put("/v1/tenants/" + ApiClient::percent_encode(options.id), body);
  if (!tenant) return report(tenant.error(), environment);
  if (options.output == OutputFormat::json) {
    print_json(*tenant, environment);
  } else {
    print_tenant(*tenant, environment);
  }
  return ExitStatus::ok;
}

ExitStatus tenant_list(ApiClient& api, OutputFormat output, const CliEnvironment& environment) {
  const auto to_row = [](const ordered_json& tenant) -> std::vector<std::string> {
    return {text_field(tenant, "id"),
            text_field(tenant, "title"),
            or_inherited(text_field(tenant, "wildcard_after"))};
  };
  return print_pages(api,
                     "/v1/tenants?limit=1000",
                     "tenants",
                     Table({"ID", "TITLE", "WILDCARD AFTER"}),
                     output,
                     environment,
                     to_row);
}

ExitStatus zone_set(ApiClient& api, const ZoneOptions& options, const CliEnvironment& environment) {
  ordered_json body = ordered_json::object();
  if (!options.tenant.empty()) body["tenant"] = options.tenant;
  if (!options.dns.empty()) body["dns"] = options.dns;
  add_number(body, "wildcard_after", options.wildcard_after);
  return print_each_zone(
      options, environment, [&](const std::string& path) { return api.put(path, body); });
}

ExitStatus zone_list(ApiClient& api,
                     const ZoneOptions& options,
                     const CliEnvironment& environment) {
  std::string target = "/v1/zones?limit=1000";
  if (!options.tenant.empty()) target += "&tenant=" + ApiClient::percent_encode(options.tenant);
  const auto to_row = [](const ordered_json& zone) -> std::vector<std::string> {
    return {text_field(zone, "name"),
            text_field(zone, "tenant"),
            text_field(zone, "dns"),
            or_inherited(text_field(zone, "wildcard_after"))};
  };
  return print_pages(api,
                     target,
                     "zones",
                     Table({"NAME", "TENANT", "DNS", "WILDCARD AFTER"}),
                     options.output,
                     environment,
                     to_row);
}

ExitStatus zone_show(ApiClient& api,
                     const ZoneOptions& options,
                     const CliEnvironment& environment) {
  return print_each_zone(
      options, environment, [&](const std::string& path) { return api.get(path); });
}

ExitStatus token_add(ApiClient& api,
                     const TokenOptions& options,
                     const CliEnvironment& environment) {
  ordered_json body = {{"name", options.name}, {"scope", options.scope}};
  if (!options.tenant.empty()) body["tenant"] = options.tenant;
  add_number(body, "days", options.days);
  const auto token = api.post("/v1/tokens", body);
  if (!token) return report(token.error(), environment);
  environment.err << "acme-spoa: keep it safe: this token is shown once\n";
  environment.out << printable(text_field(*token, "token")) << "\n";
  return ExitStatus::ok;
}

ExitStatus token_list(ApiClient& api, OutputFormat output, const CliEnvironment& environment) {
  const auto reply = api.get("/v1/tokens");
  if (!reply) return report(reply.error(), environment);
  Table table({"NAME", "SCOPE", "TENANT", "EXPIRES"});
  for (const ordered_json& token : field(*reply, "tokens")) {
    if (output == OutputFormat::json) {
      print_json(token, environment);
      continue;
    }
    const std::string expires = text_field(token, "expires");
    table.add({text_field(token, "name"),
               text_field(token, "scope"),
               text_field(token, "tenant"),
               expires.empty() ? "never" : expires});
  }
  table.print(environment.out);
  return ExitStatus::ok;
}

ExitStatus remove_each(ApiClient& api,
                       const std::string& path,
                       const std::vector<std::string>& names,
                       const CliEnvironment& environment) {
  ExitStatus status = ExitStatus::ok;
  for (const std::string& name : names) {
    const auto removed = api.remove(path + ApiClient::percent_encode(name));
    if (!removed) {
      status = worst(status, report(removed.error(), environment));
    } else {
      environment.out << printable(name) << "  removed\n";
    }
  }
  return status;
}

}  // namespace agent
