#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "acme/error.h"
#include "acme/private_key.h"
#include "acme/types.h"

namespace acme {

/// Whether the authority was told to look. An authority that does not retry (Boulder) counts a
/// second telling as a second try, and Pebble can hang on it. The numbers are stored.
enum class ChallengeResponse {
  none = 1,
  sent = 2,          ///< the request may or may not have arrived
  acknowledged = 3,  ///< it has
};

/// A challenge whose answer is published, or about to be.
struct OrderChallenge {
  ChallengeType type;
  Identifier identifier;  ///< with its star if the authorization is a wildcard's
  Url authorization_url;
  Url challenge_url;
  std::optional<Token> token;  ///< none with dns-persist-01
  ChallengeResponse response = ChallengeResponse::none;
  std::vector<std::string> issuer_domains = {};  ///< with dns-persist-01 only
  friend bool operator==(const OrderChallenge&, const OrderChallenge&) = default;
};

/// What may prove one identifier.
struct ChallengePreference {
  Identifier identifier;
  std::vector<ChallengeType> types;  ///< best first
  friend bool operator==(const ChallengePreference&, const ChallengePreference&) = default;
};

/// Everything a restarted program needs to go on with an order: facts, not a program counter. The
/// order machine reads and writes it, a store keeps it.
struct OrderRecord {
  // What is wanted; set by whoever makes the order, never changed afterwards.
  std::vector<Identifier> identifiers;  ///< not empty, no duplicates
  KeyType key_type = KeyType::ecdsa_p256;
  std::vector<ChallengeType> challenge_types = {ChallengeType::http_01};  ///< best first
  std::vector<ChallengePreference> preferences;  ///< of identifiers that differ from that
  Thumbprint thumbprint{std::string()};          ///< of the account's key when the order was made
  std::string account_url;         ///< for dns-account-01 and dns-persist-01; may be empty
  std::uint64_t jitter_seed = 0;   ///< any number; spreads the polls of many orders
  std::string profile;             ///< empty: the authority's default
  std::optional<CertId> replaces;  ///< the certificate this order renews (RFC 9773 §5)

  // What was reached.
  std::string private_key_pem;             ///< empty until made
  std::string csr;                         ///< base64url; made with the key
  std::optional<Url> order_url;            ///< none until placed, and again when the order is lost
  std::vector<OrderChallenge> challenges;  ///< until cleaned up
  std::string certificate_chain_pem;       ///< verified; empty until downloaded
  std::optional<Error> failure;            ///< the order has failed for good
  bool is_replaces_refused = false;        ///< the authority would not have it: sent no more

  // Against endless loops.
  int orders_placed = 0;
  int keys_made = 0;
  int finalize_requests = 0;
  int chains_refused = 0;
  int faults_in_a_row = 0;  ///< of the authority or the network, since the order got ahead
  int times_overdue = 0;

  friend bool operator==(const OrderRecord&, const OrderRecord&) = default;
};

}  // namespace acme
