#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "acme/types.h"
#include "base/result.h"

namespace acme {

enum class OrderStatus { pending, ready, processing, valid, invalid };

/// An order object (RFC 8555 §7.1.3), without what we do not use. A value.
struct Order {
  OrderStatus status;               ///< Pebble's `deactivated` is invalid
  std::vector<Url> authorizations;  ///< at most 200
  std::optional<Url> finalize;
  std::optional<Url> certificate;
  std::optional<Error> error;  ///< with Origin::order
  friend bool operator==(const Order&, const Order&) = default;
};

/// `request_url` is the base of relative URLs. Fails with bad_response.
base::Result<Order, Error> parse_order(std::string_view json, const Url& request_url);

/// What newOrder asks for (RFC 8555 §7.4).
struct NewOrder {
  std::vector<Identifier> identifiers;
  std::string profile = {};             ///< of the profiles draft; empty: the authority's default
  std::optional<CertId> replaces = {};  ///< the certificate this one renews (RFC 9773 §5)
};

/// The payload of newOrder.
std::string encode_new_order(const NewOrder& order);
/// The payload of finalize; `csr` is base64url already.
std::string encode_finalize(std::string_view csr);

}  // namespace acme
