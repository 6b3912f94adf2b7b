#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "tests/fake_ca/faults.h"
#include "tests/fake_ca/options.h"

namespace fake_ca {

/// Changes what the object names and leaves the rest; tests/fake_ca/README.md lists the members. A mistake
/// is a sentence, and then nothing is changed.
base::Result<void, std::string> apply_options(Options& options, const Json& json);

/// An array of rules: `{"kind": "lose_reply", "endpoint": "newOrder", "first": 2, "count": 1,
/// "probability": 0.5, "reply": {...}, "problem": {...}}`.
base::Result<std::vector<FaultRule>, std::string> parse_faults(const Json& json);

}  // namespace fake_ca
