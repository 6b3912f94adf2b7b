#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "tests/fake_ca/csr.h"
#include "tests/fake_ca/endpoints.h"
#include "tests/fake_ca/time_text.h"

namespace fake_ca {
namespace {

const char* name_of(OrderStatus status) {
  switch (status) {
    case OrderStatus::pending: return "pending";
    case OrderStatus::ready: return "ready";
    case OrderStatus::processing: return "processing";
    case OrderStatus::valid: return "valid";
    case OrderStatus::invalid: return "invalid";
  }
  return "";
}

/// The payload's identifiers, sorted and without duplicates: malformed, unsupportedIdentifier.
base::Result<std::vector<Identifier>, Problem> identifiers_of(const Json& payload) {
  const auto list = payload.find("identifiers");
  if (list == payload.end() || !list->is_array() || list->empty()) {
    return refuse(400, "malformed", "NewOrder request did not specify any identifiers");
  }
  std::set<Identifier> identifiers;
  for (const Json& entry : *list) {
    const std::string type = text_member(entry, "type");
    if (type != "dns" && type != "ip") {
      return refuse(400, "unsupportedIdentifier", "type \"" + type + "\" is not taken");
    }
    std::string value = text_member(entry, "value");
    std::transform(value.begin(), value.end(), value.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    identifiers.insert({type == "dns" ? IdentifierType::dns : IdentifierType::ip, value});
  }
  return std::vector<Identifier>(identifiers.begin(), identifiers.end());
}

bool is_blocked(const Options& options, const Identifier& identifier) {
  const std::string name = identifier.bare();
  return std::any_of(options.blocked_domains.begin(),
                     options.blocked_domains.end(),
                     [&name](const std::string& blocked) {
                       return name == blocked || name.ends_with("." + blocked);
                     });
}

/// Why the identifier is refused.
std::optional<Problem> fault_of_identifier(const Options& options,
                                           const Profile& profile,
                                           const Identifier& identifier) {
  if (identifier.type == IdentifierType::ip && !(options.allows_ip && profile.allows_ip)) {
    return Problem{.type = "unsupportedIdentifier",
                   .detail = "this profile has no IP addresses",
                   .identifier = identifier};
  }
  if (const auto fault = fault_of(identifier)) {
    return Problem{.type = "malformed",
                   .detail = "Invalid identifier \"" + identifier.value + "\": " + *fault,
                   .identifier = identifier};
  }
  if (is_blocked(options, identifier)) {
    return Problem{.type = "rejectedIdentifier",
                   .detail =
                       "The ACME server refuses to issue a certificate for this domain name, "
                       "because it is forbidden by policy",
                   .identifier = identifier};
  }
  return std::nullopt;
}

/// One refusal of several causes, with subproblems as configured.
Problem combine(const Options& options, std::vector<Problem> faults) {
  Problem whole = faults.front();
  whole.identifier.reset();
  whole.detail = "Cannot issue for \"" + faults.front().identifier->value + "\": " + whole.detail;
  const std::size_t more = faults.size() - 1;
  if (more > 0) {
    whole.detail += " (and " + std::to_string(more) +
                    " more problems. Refer to sub-problems for more information.)";
  }
  const bool are_shown = options.subproblems == Subproblems::always ||
                         (options.subproblems == Subproblems::as_boulder && more > 0);
  if (are_shown) whole.subproblems = std::move(faults);
  return whole;
}

std::optional<Problem> fault_of_identifiers(const State& state, const Order& draft) {
  const Profile& profile = state.profile_of(draft.profile);
  if (draft.identifiers.size() > profile.max_names) {
    return Problem{.type = "malformed",
                   .detail = "Order cannot contain more than " + std::to_string(profile.max_names) +
                             " identifiers"};
  }
  std::vector<Problem> faults;
  for (const Identifier& identifier : draft.identifiers) {
    if (auto fault = fault_of_identifier(state.options, profile, identifier)) {
      faults.push_back(*std::move(fault));
    }
  }
  if (faults.empty()) return std::nullopt;
  return combine(state.options, std::move(faults));
}

/// The order as asked for, not yet placed.
base::Result<Order, Problem> draft_of(State& state, const SignedRequest& request) {
  const auto payload = request.object();
  if (!payload) return base::Unexpected(payload.error());
  if (payload->contains("notBefore") || payload->contains("notAfter")) {
    return refuse(400, "malformed", "NotBefore and NotAfter are not supported");
  }
  auto identifiers = identifiers_of(payload.value());
  if (!identifiers) return base::Unexpected(identifiers.error());
  Order draft{.id = OrderId(0),
              .account = *request.account,
              .identifiers = std::move(identifiers).value(),
              .profile = text_member(payload.value(), "profile"),
              .replaces = text_member(payload.value(), "replaces"),
              .expires = {},
              .authorizations = {}};
  if (!draft.profile.empty() && !state.options.profiles.contains(draft.profile)) {
    return refuse(400, "invalidProfile", "profile \"" + draft.profile + "\" not recognized");
  }
  draft.expires = state.now() + state.profile_of(draft.profile).order_life;
  return draft;
}

/// Which limits the order is exempt from.
void note_exemptions(State& state, Order& draft) {
  const Certificate* old = state.find_certificate(draft.replaces);
  if (old != nullptr) {
    const Certificate::Window window = window_of(*old, state.now());
    draft.is_exempt = state.now() >= window.start && state.now() < window.end;
    // A revoked certificate's window is past, and still to be used at once.
    draft.is_exempt = draft.is_exempt || (old->revoked && state.now() >= window.start);
  }
  const auto last = state.last_issued.find(set_key(draft.identifiers));
  const auto memory = std::chrono::hours(24 * 120);
  draft.is_renewal = last != state.last_issued.end() && last->second + memory > state.now();
}

std::string new_token(State& state) {
  std::array<std::byte, 32> bytes{};
  state.random.fill(bytes);
  return base::encode_base64url(bytes);
}

bool fits(ChallengeType type, const Identifier& identifier) {
  const bool is_dns_type = type == ChallengeType::dns_01 || type == ChallengeType::dns_account_01 ||
                           type == ChallengeType::dns_persist_01;
  if (identifier.type == IdentifierType::ip) return !is_dns_type;
  return is_dns_type || !identifier.is_wildcard();
}

AuthorizationId new_authorization(State& state, const Order& draft, const Identifier& identifier) {
  const AuthorizationId id(++state.last_id);
  const Profile& profile = state.profile_of(draft.profile);
  Authorization made{.id = id,
                     .account = draft.account,
                     .identifier = identifier,
                     .profile = draft.profile,
                     .expires = state.now() + profile.pending_authorization_life,
                     .challenges = {}};
  for (const ChallengeType type : state.options.challenge_types) {
    if (!fits(type, identifier)) continue;
    const bool has_token = type != ChallengeType::dns_persist_01;
    made.challenges.push_back({type, has_token ? new_token(state) : ""});
  }
  state.authorizations.emplace(id, std::move(made));
  state.authorizations_by_content.insert_or_assign(
      content_key(draft.account, draft.profile, identifier), id);
  return id;
}

/// A pending or valid one of before, or a new one.
AuthorizationId authorization_for(State& state, const Order& draft, const Identifier& identifier) {
  const auto known =
      state.authorizations_by_content.find(content_key(draft.account, draft.profile, identifier));
  if (known != state.authorizations_by_content.end() && state.options.reuses_authorizations) {
    Authorization& old = *state.find(known->second);
    state.settle(old);
    if (old.status == AuthorizationStatus::valid || old.status == AuthorizationStatus::pending) {
      return old.id;
    }
  }
  return new_authorization(state, draft, identifier);
}

/// The same account's pending or ready order for the same: Boulder does not compare `replaces`.
Order* find_reusable(State& state, const Order& draft) {
  const auto known = state.orders_by_content.find(content_key(draft));
  if (known == state.orders_by_content.end() || !state.options.reuses_orders) return nullptr;
  Order& old = *state.find(known->second);
  state.settle(old);
  const bool is_open = old.status == OrderStatus::pending || old.status == OrderStatus::ready;
  return is_open && old.expires > state.now() ? &old : nullptr;
}

Order& place(State& state, Order draft) {
  draft.id = OrderId(++state.last_id);
  for (const Identifier& identifier : draft.identifiers) {
    draft.authorizations.push_back(authorization_for(state, draft, identifier));
  }
  // Authorities answer in any order.
  std::reverse(draft.authorizations.begin(), draft.authorizations.end());
  state.orders_by_content.insert_or_assign(content_key(draft), draft.id);
  if (!draft.replaces.empty()) state.replacements.insert_or_assign(draft.replaces, draft.id);
  if (draft.is_exempt) ++state.statistics.exempt_orders;
  ++state.statistics.orders;
  const auto placed = state.orders.emplace(draft.id, std::move(draft));
  state.settle(placed.first->second);
  return placed.first->second;
}

Reply order_reply(State& state, int status, const Request& request, const Order& order) {
  Reply reply = json_reply(status, order_json(state, request, order));
  reply.headers.push_back(
      {"Location", request.origin + "/acme/order/" + std::to_string(order.id.value())});
  if (order.status == OrderStatus::processing && state.options.order_retry_after) {
    reply.headers.push_back(
        {"Retry-After", std::to_string(state.options.order_retry_after->count())});
  }
  return reply;
}

/// The account's own order that has not expired.
base::Result<Order*, Problem> find_own(State& state, const SignedRequest& request, OrderId id) {
  Order* order = state.find(id);
  if (order == nullptr || order->account != *request.account || order->expires <= state.now()) {
    return not_found("order");
  }
  state.settle(*order);
  return order;
}

}  // namespace

Json order_json(const State& state, const Request& request, const Order& order) {
  const std::string number = std::to_string(order.id.value());
  Json json = {{"status", name_of(order.status)},
               {"expires", rfc3339(order.expires)},
               {"identifiers", Json::array()},
               {"authorizations", Json::array()},
               {"finalize", request.origin + "/acme/finalize/" + number}};
  for (const Identifier& identifier : order.identifiers) {
    json["identifiers"].push_back(to_json(identifier));
  }
  for (const AuthorizationId id : order.authorizations) {
    json["authorizations"].push_back(request.origin + "/acme/authz/" + std::to_string(id.value()));
  }
  if (!order.profile.empty()) json["profile"] = order.profile;
  if (order.profile.empty() && !state.options.default_profile.empty()) {
    json["profile"] = state.options.default_profile;
  }
  if (!order.replaces.empty()) json["replaces"] = order.replaces;
  if (order.error) json["error"] = to_json(*order.error);
  if (order.certificate) {
    json["certificate"] =
        request.origin + "/acme/cert/" + std::to_string(order.certificate->value()) + "/0";
  }
  return json;
}

Outcome new_order(State& state, const SignedRequest& request) {
  auto draft = draft_of(state, request);
  if (!draft) return base::Unexpected(draft.error());
  if (auto fault = fault_of_identifiers(state, draft.value())) return base::Unexpected(*fault);
  if (auto fault = fault_of_replaces(state, draft.value())) return base::Unexpected(*fault);
  note_exemptions(state, draft.value());
  if (auto refusal =
          state.limits.refuse_order(state.options, draft.value(), state.now(), state.random)) {
    return base::Unexpected(*refusal);
  }
  if (const Order* old = find_reusable(state, draft.value())) {
    ++state.statistics.reused_orders;
    return order_reply(state, 201, request.http, *old);
  }
  return order_reply(state, 201, request.http, place(state, std::move(draft).value()));
}

Outcome order(State& state, const SignedRequest& request, OrderId id) {
  if (!request.is_post_as_get()) return refuse(400, "malformed", "POST-as-GET has no payload");
  const auto found = find_own(state, request, id);
  if (!found) return base::Unexpected(found.error());
  return order_reply(state, 200, request.http, *found.value());
}

Outcome finalize(State& state,
                 const SignedRequest& request,
                 OrderId id,
                 const std::vector<Identifier>& scripted_names) {
  const auto found = find_own(state, request, id);
  if (!found) return base::Unexpected(found.error());
  Order& order = *found.value();
  if (order.status != OrderStatus::ready) {
    return refuse(403,
                  "orderNotReady",
                  std::string("Order's status (\"") + name_of(order.status) +
                      "\") is not acceptable for finalization");
  }
  const auto payload = request.object();
  if (!payload) return base::Unexpected(payload.error());
  auto csr = parse_csr(text_member(payload.value(), "csr"));
  if (!csr) return base::Unexpected(csr.error());
  if (fingerprint_of_key(csr->key.get()) == fingerprint_of_key(request.key.pkey.get())) {
    return refuse(400, "badCSR", "certificate public key must be different than account key");
  }
  if (csr->identifiers !=
      std::set<Identifier>(order.identifiers.begin(), order.identifiers.end())) {
    return refuse(403, "unauthorized", "CSR does not specify the same identifiers as the order");
  }
  order.status = OrderStatus::processing;
  order.key = csr->key;
  order.certified = scripted_names.empty() ? order.identifiers : scripted_names;
  state.due.emplace(state.now() + state.options.processing_time, State::Issuance{order.id});
  ++state.statistics.finalized;
  return order_reply(state, 200, request.http, order);
}

}  // namespace fake_ca
