#pragma once

#include "acme/private_key.h"
#include "agent/api/json_body.h"

namespace agent {

/// The member `key_type` of a body: `ecdsa-p256`, which it is if it is not there, `ecdsa-p384`,
/// `rsa-2048`, `rsa-3072` or `rsa-4096`.
acme::KeyType take_key_type(JsonBody& body);

}  // namespace agent
