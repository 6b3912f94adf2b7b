#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "agent/model/certificate.h"
#include "agent/model/event.h"
#include "agent/store/store.h"
#include "base/clock.h"

namespace agent {

/// What API clients see of the model.

/// `2030-01-01T00:00:00Z` (RFC 3339), whole seconds, rounded down.
std::string to_text(base::WallTime time);

/// Where a hostname is on its way to being served, in words: the open order's step, `deploying`,
/// `served`, `queued`, `off`, or `waiting: <reason>, next attempt at <time>`.
std::string stage_of(const HostnameDetail& detail);

nlohmann::ordered_json to_json(const HostnameDetail& detail, base::WallTime now);
nlohmann::ordered_json to_json(const Certificate& certificate);
nlohmann::ordered_json to_json(const Revocation& revocation);
nlohmann::ordered_json to_json(const Tenant& tenant);
nlohmann::ordered_json to_json(const Zone& zone);
nlohmann::ordered_json to_json(const Event& event);

}  // namespace agent
