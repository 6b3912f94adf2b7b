#include "tests/fake_ca/ca.h"

#include <array>
#include <charconv>

#include "tests/fake_ca/endpoints.h"
#include "tests/fake_ca/time_text.h"

namespace fake_ca {
namespace {

struct Resource {
  Endpoint endpoint;
  std::string_view name;
  std::string_view path;
  std::size_t numbers;  ///< how many follow the path
};
constexpr std::array<Resource, 13> resources = {{
    {Endpoint::directory, "directory", Ca::directory_path, 0},
    {Endpoint::new_nonce, "newNonce", "/acme/new-nonce", 0},
    {Endpoint::new_account, "newAccount", "/acme/new-acct", 0},
    {Endpoint::account, "account", "/acme/acct/", 1},
    {Endpoint::key_change, "keyChange", "/acme/key-change", 0},
    {Endpoint::new_order, "newOrder", "/acme/new-order", 0},
    {Endpoint::order, "order", "/acme/order/", 1},
    {Endpoint::finalize, "finalize", "/acme/finalize/", 1},
    {Endpoint::authorization, "authz", "/acme/authz/", 1},
    {Endpoint::challenge, "challenge", "/acme/chall/", 2},
    {Endpoint::certificate, "certificate", "/acme/cert/", 2},
    {Endpoint::revoke_certificate, "revokeCert", "/acme/revoke-cert", 0},
    {Endpoint::renewal_info, "renewalInfo", "/acme/renewal-info/", 0},
}};

std::string_view path_of(Endpoint endpoint) {
  for (const Resource& resource : resources) {
    if (resource.endpoint == endpoint) return resource.path;
  }
  return {};
}

/// `7/0` → {7, 0}; nullopt unless there are exactly `count` numbers.
std::optional<std::vector<std::uint64_t>> parse_numbers(std::string_view text, std::size_t count) {
  std::vector<std::uint64_t> numbers;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (numbers.size() < count) {
    const auto parsed = std::from_chars(at, end, numbers.emplace_back());
    if (parsed.ec != std::errc()) return std::nullopt;
    at = parsed.ptr;
    if (numbers.size() < count && (at == end || *at++ != '/')) return std::nullopt;
  }
  if (at != end) return std::nullopt;
  return numbers;
}

std::optional<Route> match(const Resource& resource, std::string_view path) {
  if (!path.starts_with(resource.path)) return std::nullopt;
  const std::string_view rest = path.substr(resource.path.size());
  if (resource.endpoint == Endpoint::renewal_info) {
    return Route{resource.endpoint, {}, std::string(rest)};
  }
  auto numbers = parse_numbers(rest, resource.numbers);
  if (!numbers) return std::nullopt;
  return Route{resource.endpoint, *std::move(numbers), {}};
}

const Limit& limit_of(const RequestLimits& limits, Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::directory: return limits.directory;
    case Endpoint::new_nonce: return limits.new_nonce;
    case Endpoint::new_account: return limits.new_account;
    case Endpoint::new_order: return limits.new_order;
    case Endpoint::revoke_certificate: return limits.revoke;
    case Endpoint::renewal_info: return limits.renewal_info;
    case Endpoint::account:
    case Endpoint::key_change:
    case Endpoint::order:
    case Endpoint::finalize:
    case Endpoint::authorization:
    case Endpoint::challenge:
    case Endpoint::certificate:
    case Endpoint::none: break;
  }
  return limits.other;
}

/// Endpoints that share one bucket have one name for it.
std::string bucket_of(const RequestLimits& limits, Endpoint endpoint) {
  const bool is_other = &limit_of(limits, endpoint) == &limits.other;
  return std::string(is_other ? "other" : name_of(endpoint));
}

KeyRule rule_of(Endpoint endpoint) {
  if (endpoint == Endpoint::new_account) return KeyRule::whole_key;
  if (endpoint == Endpoint::revoke_certificate) return KeyRule::either;
  return KeyRule::account_url;
}

base::Unexpected<Problem> wrong_method() {
  return refuse(405, "malformed", "Method not allowed");
}

}  // namespace

std::string_view name_of(Endpoint endpoint) {
  for (const Resource& resource : resources) {
    if (resource.endpoint == endpoint) return resource.name;
  }
  return "none";
}

bool is_endpoint_name(std::string_view name) {
  for (const Resource& resource : resources) {
    if (resource.name == name) return true;
  }
  return false;
}

Route route(std::string_view path) {
  for (const Resource& resource : resources) {
    if (auto found = match(resource, path)) return *std::move(found);
  }
  return {};
}

Reply Ca::carry_out(const Request& request, const Script& script) {
  state_.advance();
  const Route where = route(request.path);
  ++state_.statistics.requests[std::string(name_of(where.endpoint))];
  if (auto refusal = refuse_too_many(request, where.endpoint)) return *std::move(refusal);
  const Outcome outcome = answer(request, where, script);
  if (!outcome) ++state_.statistics.refusals[outcome.error().type];
  Reply reply = outcome ? outcome.value() : to_reply(outcome.error());
  if (request.method == Method::post || where.endpoint == Endpoint::new_nonce) {
    reply.headers.push_back({"Replay-Nonce", state_.nonces.give(state_.random)});
  }
  reply.headers.push_back({"Cache-Control", "no-store"});
  reply.headers.push_back({"Date", http_date(state_.now() + state_.options.date_skew)});
  reply.headers.push_back(
      {"Link", "<" + request.origin + std::string(directory_path) + ">;rel=\"index\""});
  return reply;
}

std::optional<Reply> Ca::refuse_too_many(const Request& request, Endpoint endpoint) {
  const RequestLimits& limits = state_.options.limits.requests;
  const auto wait = state_.limits.refuse_request(
      limit_of(limits, endpoint), bucket_of(limits, endpoint), request.remote, state_.now());
  if (!wait) return std::nullopt;
  ++state_.statistics.refusals["tooManyRequests"];
  return Reply{503,
               {{"Content-Type", "text/html"}, {"Retry-After", std::to_string(wait->count())}},
               "<html><body><h1>503 Service Unavailable</h1></body></html>\n"};
}

Outcome Ca::answer(const Request& request, const Route& where, const Script& script) {
  const bool is_get = request.method == Method::get || request.method == Method::head;
  switch (where.endpoint) {
    case Endpoint::none: return refuse(404, "malformed", "Page not found");
    case Endpoint::directory:
      if (!is_get) return wrong_method();
      return directory(request);
    case Endpoint::new_nonce:
      if (!is_get) return wrong_method();
      return Reply{request.method == Method::head ? 200 : 204, {}, ""};
    case Endpoint::renewal_info:
      if (!state_.options.offers_renewal_info) return refuse(404, "malformed", "Page not found");
      if (!is_get) return wrong_method();
      return renewal_info(state_, where.rest);
    case Endpoint::new_account:
    case Endpoint::account:
    case Endpoint::key_change:
    case Endpoint::new_order:
    case Endpoint::order:
    case Endpoint::finalize:
    case Endpoint::authorization:
    case Endpoint::challenge:
    case Endpoint::certificate:
    case Endpoint::revoke_certificate: break;
  }
  if (request.method != Method::post) return wrong_method();
  return answer_signed(request, where, script);
}

Outcome Ca::answer_signed(const Request& request, const Route& where, const Script& script) {
  const auto checked = authenticate(state_, request, rule_of(where.endpoint));
  if (!checked) return base::Unexpected(checked.error());
  // The nonce is spent, as it is when Boulder refuses one.
  if (script.refuses_nonce) return refuse(400, "badNonce", "JWS has an invalid anti-replay nonce");
  const SignedRequest& valid = checked.value();
  const auto& numbers = where.numbers;
  switch (where.endpoint) {
    case Endpoint::new_account: return new_account(state_, valid);
    case Endpoint::account: return account(state_, valid, AccountId(numbers.at(0)));
    case Endpoint::key_change: return change_key(state_, valid);
    case Endpoint::new_order: return new_order(state_, valid);
    case Endpoint::order: return order(state_, valid, OrderId(numbers.at(0)));
    case Endpoint::finalize: return finalize(state_, valid, OrderId(numbers.at(0)), script.names);
    case Endpoint::authorization:
      return authorization(state_, valid, AuthorizationId(numbers.at(0)));
    case Endpoint::challenge:
      return challenge(state_, valid, AuthorizationId(numbers.at(0)), numbers.at(1));
    case Endpoint::certificate:
      return certificate(state_, valid, CertificateNumber(numbers.at(0)), numbers.at(1));
    case Endpoint::revoke_certificate: return revoke_certificate(state_, valid);
    case Endpoint::directory:
    case Endpoint::new_nonce:
    case Endpoint::renewal_info:
    case Endpoint::none: break;
  }
  return refuse(404, "malformed", "Page not found");
}

Reply Ca::directory(const Request& request) const {
  const Options& options = state_.options;
  const auto url = [&request](Endpoint endpoint) {
    return request.origin + std::string(path_of(endpoint));
  };
  Json json = {{"newNonce", url(Endpoint::new_nonce)},
               {"newAccount", url(Endpoint::new_account)},
               {"newOrder", url(Endpoint::new_order)},
               {"revokeCert", url(Endpoint::revoke_certificate)},
               {"keyChange", url(Endpoint::key_change)},
               // A client must not stumble over what it does not know.
               {"aPvt0fRandom", "https://community.example/t/adding-random-entries"}};
  json["meta"] = {{"termsOfService", request.origin + "/terms/v7"},
                  {"website", "https://fake-ca.example"},
                  {"caaIdentities", options.issuer_domain_names}};
  if (options.external_account_required) json["meta"]["externalAccountRequired"] = true;
  for (const auto& [name, profile] : options.profiles) {
    json["meta"]["profiles"][name] = profile.description;
  }
  if (options.offers_renewal_info) {
    std::string base = url(Endpoint::renewal_info);
    base.pop_back();
    json["renewalInfo"] = base;
  }
  return json_reply(200, json);
}

std::vector<ValidationTask> Ca::take_tasks() {
  std::vector<ValidationTask> tasks(state_.tasks.begin(), state_.tasks.end());
  state_.tasks.clear();
  return tasks;
}

void Ca::conclude(const ValidationTask& task, const Evidence& evidence) {
  state_.conclude(task.authorization, judge(task, evidence, state_.now()));
}

}  // namespace fake_ca
