#pragma once

#include <string_view>

#include "acme/error.h"

namespace acme {

/// What the owner of a name can do about it: a sentence without jargon; empty where an owner can do
/// nothing but wait.
std::string_view owner_hint(Errc code);

}  // namespace acme
