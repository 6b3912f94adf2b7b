#include "tests/fake_ca/state.h"

#include "tests/fake_ca/csr.h"

namespace fake_ca {
namespace {

template <class Id, class Record>
Record* find_in(std::unordered_map<Id, Record>& records, const Id& id) {
  const auto found = records.find(id);
  return found == records.end() ? nullptr : &found->second;
}

}  // namespace

State::State(const base::Clock& wall, base::Random& source, Options wish)
    : clock(wall),
      random(source),
      options(std::move(wish)),
      signer(wall.wall(), 1 + static_cast<std::size_t>(options.alternate_chains)) {}

const Profile& State::profile_of(const std::string& name) const {
  const auto found = options.profiles.find(name.empty() ? options.default_profile : name);
  return found == options.profiles.end() ? options.classic : found->second;
}

Account* State::find(AccountId id) {
  return find_in(accounts, id);
}
Order* State::find(OrderId id) {
  return find_in(orders, id);
}
Authorization* State::find(AuthorizationId id) {
  return find_in(authorizations, id);
}
Certificate* State::find(CertificateNumber number) {
  const auto found = certificates.find(number);
  return found == certificates.end() ? nullptr : &found->second;
}
Account* State::find_account(const std::string& thumbprint) {
  const auto found = accounts_by_thumbprint.find(thumbprint);
  return found == accounts_by_thumbprint.end() ? nullptr : find(found->second);
}
Certificate* State::find_certificate(const std::string& cert_id) {
  const auto found = certificates_by_id.find(cert_id);
  return found == certificates_by_id.end() ? nullptr : find(found->second);
}

void State::advance() {
  while (!due.empty() && due.begin()->first <= now()) {
    const auto next = due.extract(due.begin());
    std::visit([this, &next](const auto& event) { happen(event, next.key()); }, next.mapped());
  }
}

void State::settle(Authorization& authorization) {
  const bool is_alive = authorization.status == AuthorizationStatus::pending ||
                        authorization.status == AuthorizationStatus::valid;
  if (is_alive && authorization.expires <= now()) {
    authorization.status = AuthorizationStatus::expired;
  }
}

void State::settle(Order& order) {
  if (order.status != OrderStatus::pending && order.status != OrderStatus::ready) return;
  bool all_valid = true;
  for (const AuthorizationId id : order.authorizations) {
    Authorization* authorization = find(id);
    if (authorization != nullptr) settle(*authorization);
    const bool is_valid =
        authorization != nullptr && authorization->status == AuthorizationStatus::valid;
    const bool is_pending =
        authorization != nullptr && authorization->status == AuthorizationStatus::pending;
    if (!is_valid && !is_pending) {
      order.status = OrderStatus::invalid;
      return;
    }
    all_valid = all_valid && is_valid;
  }
  order.status = all_valid ? OrderStatus::ready : OrderStatus::pending;
}

void State::conclude(AuthorizationId id, std::optional<Problem> fault) {
  const Authorization* authorization = find(id);
  if (authorization == nullptr) return;
  const base::WallTime at = std::max(now(), authorization->responded_at + options.validation_time);
  due.emplace(at, Verdict{id, std::move(fault)});
}

void State::happen(const Verdict& verdict, base::WallTime at) {
  Authorization* authorization = find(verdict.authorization);
  if (authorization == nullptr || !authorization->responded) return;
  if (authorization->status != AuthorizationStatus::pending || authorization->expires <= at) return;
  Challenge& challenge = authorization->challenges.at(*authorization->responded);
  challenge.validated = at;
  ++statistics.validations;
  if (verdict.fault) {
    ++statistics.failed_validations;
    challenge.status = Challenge::Status::invalid;
    challenge.error = verdict.fault;
    authorization->status = AuthorizationStatus::invalid;
    limits.note_failure(options, authorization->account, authorization->identifier, at);
    return;
  }
  challenge.status = Challenge::Status::valid;
  authorization->status = AuthorizationStatus::valid;
  authorization->expires = at + profile_of(authorization->profile).valid_authorization_life;
  limits.note_success(authorization->account, authorization->identifier);
}

void State::happen(const Issuance& issuance, base::WallTime at) {
  Order* order = find(issuance.order);
  if (order == nullptr || order->status != OrderStatus::processing) return;
  const Profile& profile = profile_of(order->profile);
  const base::WallTime not_before = at - options.backdate + options.validity_skew;
  LeafWish wish{order->certified, not_before, not_before + profile.validity};
  const Identifier& first = order->certified.front();
  if (profile.has_common_name && first.type == IdentifierType::dns && first.value.size() <= 64) {
    wish.common_name = first.value;
  }
  Leaf leaf = signer.issue(order->key.get(), wish, random);
  const CertificateNumber number(++last_id);
  certificates_by_id.emplace(leaf.cert_id, number);
  certificates.emplace(number,
                       Certificate{.number = number,
                                   .account = order->account,
                                   .order = order->id,
                                   .identifiers = order->identifiers,
                                   .issued = at,
                                   .not_before = wish.not_before,
                                   .not_after = wish.not_after,
                                   .leaf = std::move(leaf),
                                   .key_fingerprint = fingerprint_of_key(order->key.get())});
  order->certificate = number;
  order->status = OrderStatus::valid;
  last_issued[set_key(order->identifiers)] = at;
  limits.note_certificate(options, *order, at);
  if (Certificate* old = find_certificate(order->replaces)) old->replaced_by = order->id;
  ++statistics.issued;
}

void State::forget_orders() {
  orders.clear();
  orders_by_content.clear();
  authorizations.clear();
  authorizations_by_content.clear();
  replacements.clear();
  due.clear();
  tasks.clear();
}

void State::forget_accounts() {
  forget_orders();
  accounts.clear();
  accounts_by_thumbprint.clear();
  certificates.clear();
  certificates_by_id.clear();
  nonces.forget();
}

std::string content_key(AccountId account,
                        const std::string& profile,
                        const Identifier& identifier) {
  return std::to_string(account.value()) + "/" + profile + "/" + identifier.value;
}

std::string content_key(const Order& order) {
  return std::to_string(order.account.value()) + "/" + order.profile + "/" +
         set_key(order.identifiers);
}

}  // namespace fake_ca
