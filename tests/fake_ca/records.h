#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/openssl.h"
#include "base/clock.h"
#include "base/strong.h"
#include "tests/fake_ca/jws.h"
#include "tests/fake_ca/options.h"
#include "tests/fake_ca/signer.h"

namespace fake_ca {

using AccountId = base::Strong<struct AccountIdTag, std::uint64_t>;
using OrderId = base::Strong<struct OrderIdTag, std::uint64_t>;
using AuthorizationId = base::Strong<struct AuthorizationIdTag, std::uint64_t>;
using CertificateNumber = base::Strong<struct CertificateNumberTag, std::uint64_t>;

struct Account {
  AccountId id;
  PublicKey key;
  bool is_deactivated = false;
  std::vector<std::string> contacts = {};
};

struct Challenge {
  ChallengeType type;
  std::string token;  ///< empty for dns-persist-01
  enum class Status { pending, processing, valid, invalid } status = Status::pending;
  std::optional<base::WallTime> validated = {};
  std::optional<Problem> error = {};
};

enum class AuthorizationStatus { pending, valid, invalid, deactivated, expired };

struct Authorization {
  AuthorizationId id;
  AccountId account;
  Identifier identifier;  ///< with its star
  std::string profile;
  base::WallTime expires;
  std::vector<Challenge> challenges;
  AuthorizationStatus status = AuthorizationStatus::pending;
  // Of the one challenge that was responded to.
  std::optional<std::size_t> responded = {};  ///< its index
  base::WallTime responded_at = {};
  std::string thumbprint = {};  ///< of the account's key then
  int responses = 0;            ///< how often a challenge was POSTed to
};

enum class OrderStatus { pending, ready, processing, valid, invalid };

struct Order {
  OrderId id;
  AccountId account;
  std::vector<Identifier> identifiers;  ///< sorted, without duplicates
  std::string profile;                  ///< as asked for; may be empty
  std::string replaces;                 ///< a certID; may be empty
  base::WallTime expires;
  std::vector<AuthorizationId> authorizations;
  bool is_exempt = false;   ///< from all limits: an ARI renewal in its window
  bool is_renewal = false;  ///< of the exact set: exempt from two limits
  OrderStatus status = OrderStatus::pending;
  std::optional<Problem> error = {};
  // Once finalized.
  std::shared_ptr<EVP_PKEY> key = {};
  std::vector<Identifier> certified = {};  ///< other than `identifiers` only by a scripted fault
  std::optional<CertificateNumber> certificate = {};
};

struct Certificate {
  CertificateNumber number;
  AccountId account;
  OrderId order;
  std::vector<Identifier> identifiers;
  base::WallTime issued;
  base::WallTime not_before;
  base::WallTime not_after;
  Leaf leaf;
  std::string key_fingerprint;
  std::optional<OrderId> replaced_by = {};
  struct Revocation {
    int reason;
    base::WallTime time;
  };
  std::optional<Revocation> revoked = {};
  struct Window {
    base::WallTime start;
    base::WallTime end;
    std::string explanation_url = {};
  };
  std::optional<Window> window = {};  ///< in place of the computed one
};

}  // namespace fake_ca
