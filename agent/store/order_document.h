#pragma once

#include <string>
#include <string_view>

#include "acme/order_record.h"
#include "base/result.h"

namespace agent {

/// The msgpack document of an order, for OrderRecord::document: a map with a version. Fields a
/// reader does not know are skipped and fields it misses have their default, so that they can be
/// added without a migration. It holds the private key: only the store keeps it, sealed.
std::string encode_order_document(const acme::OrderRecord& order);

/// The inverse. The error is a sentence: not msgpack, a field with a wrong type or an impossible
/// value, or a version that only a newer release understands.
base::Result<acme::OrderRecord, std::string> decode_order_document(std::string_view document);

}  // namespace agent
