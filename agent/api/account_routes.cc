#include "agent/api/account_routes.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/json_body.h"
#include "agent/api/json_text.h"
#include "agent/api/key_type_member.h"
#include "agent/api/problem.h"
#include "agent/api/views.h"
#include "agent/model/hostname_input.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t max_contacts = 10;

ordered_json to_json(const AccountView& view) {
  ordered_json json;
  json["authority"] = view.authority;
  json["directory"] = view.directory_url;
  json["url"] = optional_text(view.url);
  json["status"] = view.is_open ? ordered_json(to_string(view.status)) : ordered_json(nullptr);
  json["key_type"] = optional_text(view.key_type);
  json["thumbprint"] = optional_text(view.thumbprint);
  json["next_thumbprint"] = optional_text(view.next_thumbprint);
  json["key_change"] = optional_text(view.key_change_state);
  json["created"] = view.is_open ? ordered_json(to_text(view.created)) : ordered_json(nullptr);
  json["trouble"] = optional_text(view.trouble);
  return json;
}

ApiResponse account_response(const base::Result<AccountView, Problem>& result,
                             unsigned status = 200) {
  if (!result) return to_response(result.error());
  const ordered_json json = to_json(*result);
  return {.status = status, .body = to_text(json)};
}

std::vector<std::string> take_contacts(JsonBody& body) {
  std::vector<std::string> contacts = body.texts("contacts", max_contacts);
  for (std::size_t i = 0; i < contacts.size(); ++i) {
    const std::size_t at = contacts[i].find('@');
    const bool is_mail = contacts[i].starts_with("mailto:") && at != std::string::npos && at > 7 &&
                         at + 1 < contacts[i].size();
    if (is_mail) continue;
    body.refuse("contacts[" + std::to_string(i) + "]",
                "contact",
                "expected an address as in mailto:ops@example.org");
  }
  return contacts;
}

}  // namespace

void AccountRoutes::add_to(Router& router) {
  const std::string account = "/v1/authorities/{name}/account";
  const auto get = HttpMethod::get;
  const auto post = HttpMethod::post;
  router.add(get, "/v1/accounts", [this](const ApiRequest&, const std::string&) { return list(); });
  router.add(get, account, [this](const ApiRequest&, const std::string& authority) {
    return show(authority);
  });
  router.add(post, account + "/check", [this](const ApiRequest&, const std::string& authority) {
    return check(authority);
  });
  router.add(post, account + "/contact", [this](const ApiRequest& r, const std::string& authority) {
    return set_contacts(r, authority);
  });
  router.add(
      post, account + "/rollover", [this](const ApiRequest& r, const std::string& authority) {
        return change_key(r, authority);
      });
  router.add(
      post, account + "/deactivate", [this](const ApiRequest& r, const std::string& authority) {
        return deactivate(r, authority);
      });
  router.add(
      post, account + "/register", [this](const ApiRequest& r, const std::string& authority) {
        return register_anew(r, authority);
      });
  router.add(get,
             "/v1/hostnames/{name}/dns-records",
             [this](const ApiRequest&, const std::string& name) { return dns_records(name); });
}

AccountRoutes::Answer AccountRoutes::list() {
  ordered_json json;
  json["accounts"] = ordered_json::array();
  for (const AccountView& view : accounts_.accounts()) json["accounts"].push_back(to_json(view));
  co_return ApiResponse{.body = to_text(json)};
}

AccountRoutes::Answer AccountRoutes::show(const std::string& authority) {
  for (const AccountView& view : accounts_.accounts()) {
    if (view.authority != authority) continue;
    const ordered_json json = to_json(view);
    co_return ApiResponse{.body = to_text(json)};
  }
  co_return to_response(
      {ProblemType::unknown_authority, "the configuration has no authority " + authority});
}

AccountRoutes::Answer AccountRoutes::check(const std::string& authority) {
  const auto asked = co_await accounts_.ask(authority);
  if (!asked) co_return to_response(asked.error());
  ordered_json json = to_json(asked->view);
  json["asked"] = {{"status", asked->status}, {"contacts", asked->contacts}};
  co_return ApiResponse{.body = to_text(json)};
}

AccountRoutes::Answer AccountRoutes::set_contacts(const ApiRequest& request,
                                                  const std::string& authority) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  std::vector<std::string> contacts = take_contacts(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  const auto done = co_await accounts_.set_contacts(authority, std::move(contacts));
  co_return account_response(done);
}

AccountRoutes::Answer AccountRoutes::change_key(const ApiRequest& request,
                                                const std::string& authority) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const acme::KeyType type = take_key_type(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  const auto begun = co_await accounts_.change_key(authority, type);
  co_return account_response(begun, 202);
}

AccountRoutes::Answer AccountRoutes::deactivate(const ApiRequest& request,
                                                const std::string& authority) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  if (body->text("authority") != authority) {
    body->refuse("authority", "required", "expected the authority's name again: it is for ever");
  }
  if (const auto problem = body->finish()) co_return to_response(*problem);
  const auto done = co_await accounts_.deactivate(authority);
  co_return account_response(done);
}

AccountRoutes::Answer AccountRoutes::register_anew(const ApiRequest& request,
                                                   const std::string& authority) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const acme::KeyType type = take_key_type(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  const auto done = co_await accounts_.register_anew(authority, type);
  co_return account_response(done);
}

AccountRoutes::Answer AccountRoutes::dns_records(const std::string& text) {
  auto name = parse_hostname(text, "name");
  if (!name) {
    co_return to_response(invalid_fields({{"name", "hostname", std::move(name).error()}}));
  }
  base::DomainName hostname = *name;
  const DnsRecordsView view = co_await accounts_.dns_records(std::move(hostname));
  ordered_json json;
  json["name"] = name->text();
  json["records"] = ordered_json::array();
  for (const DnsRecordsView::Record& record : view.records) {
    json["records"].push_back({{"challenge", record.challenge},
                               {"authority", optional_text(record.authority)},
                               {"type", record.type},
                               {"name", record.name},
                               {"value", record.value}});
  }
  json["notes"] = view.notes;
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
