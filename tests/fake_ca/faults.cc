#include "tests/fake_ca/faults.h"

#include <array>
#include <utility>

namespace fake_ca {
namespace {

constexpr std::array<std::pair<FaultKind, std::string_view>, 11> kind_names = {{
    {FaultKind::reply, "reply"},
    {FaultKind::problem, "problem"},
    {FaultKind::bad_nonce, "bad_nonce"},
    {FaultKind::lose_request, "lose_request"},
    {FaultKind::lose_reply, "lose_reply"},
    {FaultKind::hang, "hang"},
    {FaultKind::hang_after, "hang_after"},
    {FaultKind::truncate, "truncate"},
    {FaultKind::invalid_json, "invalid_json"},
    {FaultKind::drop_intermediates, "drop_intermediates"},
    {FaultKind::wrong_names, "wrong_names"},
}};

constexpr std::string_view end_of_pem = "-----END CERTIFICATE-----\n";

Delivery answered(Reply reply) {
  return {Delivery::Fate::send, std::move(reply)};
}

/// A problem in place of an answer still carries a nonce, as an authority's own would.
Delivery refuse_all(Ca& ca, const Request& request, const Problem& problem) {
  Reply reply = to_reply(problem);
  if (request.method == Method::post) {
    State& state = ca.state();
    reply.headers.push_back({"Replay-Nonce", state.nonces.give(state.random)});
  }
  return answered(std::move(reply));
}

}  // namespace

std::string_view name_of(FaultKind kind) {
  for (const auto& [known, name] : kind_names) {
    if (known == kind) return name;
  }
  return {};
}

std::optional<FaultKind> parse_fault_kind(std::string_view name) {
  for (const auto& [kind, known] : kind_names) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

void FaultPlan::set(std::vector<FaultRule> rules) {
  entries_.clear();
  for (FaultRule& rule : rules) entries_.push_back({std::move(rule)});
}

std::optional<Fault> FaultPlan::next(Endpoint endpoint) {
  std::optional<Fault> fault;
  for (Entry& entry : entries_) {
    const bool hit = strikes(entry, endpoint);  // each counts its own matches
    if (hit && !fault) fault = entry.rule.fault;
  }
  if (fault) ++struck_;
  return fault;
}

bool FaultPlan::strikes(Entry& entry, Endpoint endpoint) {
  const FaultRule& rule = entry.rule;
  if (rule.endpoint != "*" && rule.endpoint != name_of(endpoint)) return false;
  ++entry.matched;
  if (entry.matched < rule.first) return false;
  if (rule.count > 0 && entry.matched >= rule.first + rule.count) return false;
  return rule.probability >= 1 ||
         std::uniform_real_distribution<double>(0, 1)(coin_) < rule.probability;
}

Delivery deliver(Ca& ca, FaultPlan& faults, const Request& request) {
  const std::optional<Fault> fault = faults.next(route(request.path).endpoint);
  if (!fault) return answered(ca.carry_out(request));
  switch (fault->kind) {
    case FaultKind::reply: return answered(fault->reply);
    case FaultKind::problem: return refuse_all(ca, request, fault->problem);
    case FaultKind::bad_nonce: return answered(ca.carry_out(request, {.refuses_nonce = true}));
    case FaultKind::lose_request: return {Delivery::Fate::cut};
    case FaultKind::hang: return {Delivery::Fate::hang};
    case FaultKind::lose_reply: ca.carry_out(request); return {Delivery::Fate::cut};
    case FaultKind::hang_after: ca.carry_out(request); return {Delivery::Fate::hang};
    case FaultKind::wrong_names: {
      const Identifier other{IdentifierType::dns, "somebody-else.example"};
      return answered(ca.carry_out(request, {.refuses_nonce = false, .names = {other}}));
    }
    case FaultKind::truncate:
    case FaultKind::invalid_json:
    case FaultKind::drop_intermediates: break;
  }
  Delivery delivery = answered(ca.carry_out(request));
  std::string& body = delivery.reply.body;
  if (fault->kind == FaultKind::truncate) {
    body.resize(body.size() / 3);  // of a chain, less than its leaf
  } else if (fault->kind == FaultKind::invalid_json) {
    body = "{\"status\": \"valid\", ]";
  } else if (const std::size_t end = body.find(end_of_pem); end != std::string::npos) {
    body.resize(end + end_of_pem.size());
  }
  return delivery;
}

}  // namespace fake_ca
