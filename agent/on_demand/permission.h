#pragma once

#include "base/asio.h"
#include "base/domain_name.h"

namespace agent {

/// Whether a name may become a hostname of ours.
enum class Permit {
  yes,
  no,
  later,  ///< nobody could say: ask again
};

/// Who says so. On the control thread; several questions can be under way.
class Permission {
 public:
  virtual ~Permission() = default;
  virtual base::asio::awaitable<Permit> ask(base::DomainName name) = 0;
};

}  // namespace agent
