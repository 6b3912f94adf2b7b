#include "spop/typed_data.h"

#include <algorithm>

namespace spop {

bool operator==(const TypedData& a, const TypedData& b) {
  return a.type_ == b.type_ && a.number_ == b.number_ && std::ranges::equal(a.bytes(), b.bytes());
}

}  // namespace spop
