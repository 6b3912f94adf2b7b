#include "agent/store/order_document.h"

#include <cstdint>
#include <exception>
#include <stdexcept>

#include <msgpack.hpp>

namespace agent {
namespace {

/// Raised only when an older reader would misunderstand the document; new fields do not need it.
constexpr int document_version = 1;

using Packer = msgpack::packer<msgpack::sbuffer>;

template <class T>
void pack_field(Packer& packer, const char* key, const T& value) {
  packer.pack(key);
  packer.pack(value);
}

void pack_url(Packer& packer, const char* key, const acme::Url& url) {
  pack_field(packer, key, url.text());
}

void pack_challenge(Packer& packer, const acme::OrderChallenge& challenge) {
  packer.pack_map(7);
  pack_field(packer, "type", static_cast<int>(challenge.type));
  pack_field(packer, "identifier", challenge.identifier.value());
  pack_url(packer, "authorization_url", challenge.authorization_url);
  pack_url(packer, "challenge_url", challenge.challenge_url);
  pack_field(packer, "token", challenge.token ? challenge.token->text() : std::string());
  pack_field(packer, "response", static_cast<int>(challenge.response));
  pack_field(packer, "issuer_domains", challenge.issuer_domains);
}

void pack_types(Packer& packer, const std::vector<acme::ChallengeType>& types) {
  packer.pack("challenge_types");
  packer.pack_array(static_cast<std::uint32_t>(types.size()));
  for (const acme::ChallengeType type : types) packer.pack(static_cast<int>(type));
}

void pack_subproblem(Packer& packer, const acme::Subproblem& subproblem) {
  packer.pack_map(subproblem.identifier ? 3 : 2);
  if (subproblem.identifier) pack_field(packer, "identifier", subproblem.identifier->value());
  pack_field(packer, "code", static_cast<int>(subproblem.code));
  pack_field(packer, "detail", subproblem.detail);
}

void pack_error(Packer& packer, const acme::Error& error) {
  packer.pack_map(error.retry_after ? 8 : 7);
  pack_field(packer, "code", static_cast<int>(error.code));
  pack_field(packer, "origin", static_cast<int>(error.origin));
  pack_field(packer, "context", error.context);
  pack_field(packer, "detail", error.detail);
  if (error.retry_after) pack_field(packer, "retry_after", error.retry_after->count());
  packer.pack("subproblems");
  packer.pack_array(static_cast<std::uint32_t>(error.subproblems.size()));
  for (const acme::Subproblem& subproblem : error.subproblems) pack_subproblem(packer, subproblem);
  pack_field(packer, "http_status", error.http_status);
  pack_field(packer, "instance", error.instance);
}

void pack_wanted(Packer& packer, const acme::OrderRecord& order) {
  packer.pack("identifiers");
  packer.pack_array(static_cast<std::uint32_t>(order.identifiers.size()));
  for (const acme::Identifier& identifier : order.identifiers) packer.pack(identifier.value());
  pack_field(packer, "key_type", static_cast<int>(order.key_type));
  pack_types(packer, order.challenge_types);
  packer.pack("preferences");
  packer.pack_array(static_cast<std::uint32_t>(order.preferences.size()));
  for (const acme::ChallengePreference& preference : order.preferences) {
    packer.pack_map(2);
    pack_field(packer, "identifier", preference.identifier.value());
    pack_types(packer, preference.types);
  }
  pack_field(packer, "thumbprint", order.thumbprint.value());
  pack_field(packer, "account_url", order.account_url);
  pack_field(packer, "jitter_seed", order.jitter_seed);
  pack_field(packer, "profile", order.profile);
  if (order.replaces) pack_field(packer, "replaces", order.replaces->value());
}

void pack_reached(Packer& packer, const acme::OrderRecord& order) {
  pack_field(packer, "private_key", order.private_key_pem);
  pack_field(packer, "csr", order.csr);
  if (order.order_url) pack_url(packer, "order_url", *order.order_url);
  packer.pack("challenges");
  packer.pack_array(static_cast<std::uint32_t>(order.challenges.size()));
  for (const acme::OrderChallenge& challenge : order.challenges) pack_challenge(packer, challenge);
  pack_field(packer, "certificate_chain", order.certificate_chain_pem);
  pack_field(packer, "replaces_refused", order.is_replaces_refused);
  if (!order.failure) return;
  packer.pack("failure");
  pack_error(packer, *order.failure);
}

void pack_counters(Packer& packer, const acme::OrderRecord& order) {
  pack_field(packer, "orders_placed", order.orders_placed);
  pack_field(packer, "keys_made", order.keys_made);
  pack_field(packer, "finalize_requests", order.finalize_requests);
  pack_field(packer, "chains_refused", order.chains_refused);
  pack_field(packer, "faults_in_a_row", order.faults_in_a_row);
  pack_field(packer, "times_overdue", order.times_overdue);
}

// msgpack throws when a type does not fit, so what follows throws too; decode_order_document()
// catches both.

[[noreturn]] void refuse(std::string_view key) {
  throw std::runtime_error("field " + std::string(key) + " is damaged");
}

/// A map by its keys.
class Fields {
 public:
  explicit Fields(const msgpack::object& object) : map_(object.via.map) {
    if (object.type != msgpack::type::MAP) throw std::runtime_error("it is no map");
  }

  const msgpack::object* find(std::string_view key) const {
    for (std::uint32_t i = 0; i < map_.size; ++i) {
      const msgpack::object& name = map_.ptr[i].key;
      if (name.type == msgpack::type::STR && name.as<std::string_view>() == key) {
        return &map_.ptr[i].val;
      }
    }
    return nullptr;
  }

  template <class T>
  T get(std::string_view key, T fallback) const {
    const msgpack::object* found = find(key);
    if (found == nullptr) return fallback;
    try {
      return found->as<T>();
    } catch (const msgpack::type_error&) {
      refuse(key);
    }
  }

  std::string text(std::string_view key) const { return get<std::string>(key, {}); }

  /// `last` has the highest number of the enumeration, which begins at 1.
  template <class Enum>
  Enum enumerator(std::string_view key, Enum fallback, Enum last) const {
    const int number = get<int>(key, static_cast<int>(fallback));
    if (number < 1 || number > static_cast<int>(last)) refuse(key);
    return static_cast<Enum>(number);
  }

  /// Calls `element` with each of an array; a missing array has none.
  template <class F>
  void each(std::string_view key, F element) const {
    const msgpack::object* found = find(key);
    if (found == nullptr) return;
    if (found->type != msgpack::type::ARRAY) refuse(key);
    for (std::uint32_t i = 0; i < found->via.array.size; ++i) element(found->via.array.ptr[i]);
  }

 private:
  const msgpack::object_map& map_;
};

acme::Identifier to_identifier(std::string_view text) {
  const base::Result<base::DomainName> name = base::DomainName::parse_name_or_address(text);
  if (!name) refuse("identifier");
  return acme::Identifier(*name);
}

acme::Url to_url(const Fields& fields, std::string_view key) {
  const std::optional<acme::Url> url = acme::Url::parse(fields.text(key));
  if (!url) refuse(key);
  return *url;
}

acme::ChallengeType to_challenge_type(int number) {
  if (number < static_cast<int>(acme::ChallengeType::http_01) ||
      number > static_cast<int>(acme::ChallengeType::dns_persist_01)) {
    refuse("challenge type");
  }
  return static_cast<acme::ChallengeType>(number);
}

std::vector<acme::ChallengeType> to_types(const Fields& fields) {
  std::vector<acme::ChallengeType> types;
  fields.each("challenge_types", [&types](const msgpack::object& element) {
    types.push_back(to_challenge_type(element.as<int>()));
  });
  return types;
}

acme::OrderChallenge to_challenge(const Fields& fields) {
  const acme::ChallengeType type = to_challenge_type(fields.get<int>("type", 0));
  const std::optional<acme::Token> token = acme::Token::parse(fields.text("token"));
  if (!token && type != acme::ChallengeType::dns_persist_01) refuse("token");
  return {type,
          to_identifier(fields.text("identifier")),
          to_url(fields, "authorization_url"),
          to_url(fields, "challenge_url"),
          token,
          fields.enumerator(
              "response", acme::ChallengeResponse::none, acme::ChallengeResponse::acknowledged),
          fields.get<std::vector<std::string>>("issuer_domains", {})};
}

acme::Subproblem to_subproblem(const Fields& fields) {
  acme::Subproblem subproblem{std::nullopt, acme::Errc{fields.get<int>("code", 0)}, {}};
  if (fields.find("identifier") != nullptr) {
    subproblem.identifier = to_identifier(fields.text("identifier"));
  }
  subproblem.detail = fields.text("detail");
  return subproblem;
}

acme::Error to_error(const Fields& fields) {
  acme::Error error{
      .code = acme::Errc{fields.get<int>("code", 0)},
      .origin = fields.enumerator("origin", acme::Origin::request, acme::Origin::local),
      .context = fields.text("context"),
      .detail = fields.text("detail")};
  if (fields.find("retry_after") != nullptr) {
    error.retry_after = std::chrono::seconds(fields.get<std::int64_t>("retry_after", 0));
  }
  fields.each("subproblems", [&error](const msgpack::object& element) {
    error.subproblems.push_back(to_subproblem(Fields(element)));
  });
  error.http_status = fields.get<int>("http_status", 0);
  error.instance = fields.text("instance");
  return error;
}

void read_wanted(const Fields& fields, acme::OrderRecord& order) {
  fields.each("identifiers", [&order](const msgpack::object& element) {
    order.identifiers.push_back(to_identifier(element.as<std::string>()));
  });
  order.key_type = fields.enumerator("key_type", order.key_type, acme::KeyType::rsa_4096);
  if (fields.find("challenge_types") != nullptr) order.challenge_types = to_types(fields);
  fields.each("preferences", [&order](const msgpack::object& element) {
    const Fields preference(element);
    order.preferences.push_back(
        {to_identifier(preference.text("identifier")), to_types(preference)});
  });
  order.thumbprint = acme::Thumbprint(fields.text("thumbprint"));
  order.account_url = fields.text("account_url");
  order.jitter_seed = fields.get<std::uint64_t>("jitter_seed", 0);
  order.profile = fields.text("profile");
  if (fields.find("replaces") != nullptr) order.replaces = acme::CertId(fields.text("replaces"));
}

void read_reached(const Fields& fields, acme::OrderRecord& order) {
  order.private_key_pem = fields.text("private_key");
  order.csr = fields.text("csr");
  if (fields.find("order_url") != nullptr) order.order_url = to_url(fields, "order_url");
  fields.each("challenges", [&order](const msgpack::object& element) {
    order.challenges.push_back(to_challenge(Fields(element)));
  });
  order.certificate_chain_pem = fields.text("certificate_chain");
  order.is_replaces_refused = fields.get<bool>("replaces_refused", false);
  if (const msgpack::object* failure = fields.find("failure")) {
    order.failure = to_error(Fields(*failure));
  }
}

void read_counters(const Fields& fields, acme::OrderRecord& order) {
  order.orders_placed = fields.get<int>("orders_placed", 0);
  order.keys_made = fields.get<int>("keys_made", 0);
  order.finalize_requests = fields.get<int>("finalize_requests", 0);
  order.chains_refused = fields.get<int>("chains_refused", 0);
  order.faults_in_a_row = fields.get<int>("faults_in_a_row", 0);
  order.times_overdue = fields.get<int>("times_overdue", 0);
}

acme::OrderRecord read_order(const Fields& fields) {
  if (fields.get<int>("version", 0) != document_version) {
    throw std::runtime_error("its version is not one this release understands");
  }
  acme::OrderRecord order;
  read_wanted(fields, order);
  read_reached(fields, order);
  read_counters(fields, order);
  return order;
}

}  // namespace

std::string encode_order_document(const acme::OrderRecord& order) {
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  const std::uint32_t optional_fields =
      (order.order_url ? 1u : 0u) + (order.failure ? 1u : 0u) + (order.replaces ? 1u : 0u);
  // version + pack_wanted() + pack_reached() + pack_counters()
  packer.pack_map(1 + 8 + 5 + 6 + optional_fields);
  pack_field(packer, "version", document_version);
  pack_wanted(packer, order);
  pack_reached(packer, order);
  pack_counters(packer, order);
  return std::string(buffer.data(), buffer.size());
}

base::Result<acme::OrderRecord, std::string> decode_order_document(std::string_view document) {
  try {
    std::size_t end = 0;
    const msgpack::object_handle handle = msgpack::unpack(document.data(), document.size(), end);
    if (end != document.size()) throw std::runtime_error("bytes follow it");
    return read_order(Fields(handle.get()));
  } catch (const std::exception& e) {
    return base::Unexpected(std::string("order document: ") + e.what());
  }
}

}  // namespace agent
