#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/error.h"
#include "acme/types.h"
#include "agent/model/order.h"
#include "base/asio.h"

namespace agent {

/// A look at an order's names before an authority looks at them: a failure there is counted, one
/// here costs nothing.
class NameCheck {
 public:
  /// Who is going to look.
  struct Authority {
    std::vector<std::string> caa_identities{};  ///< of its directory; empty: not known
    std::string account_url{};
    acme::Thumbprint thumbprint;  ///< of our account there
  };

  virtual ~NameCheck() = default;

  /// Why the order is not worth a try, with a subproblem for each name that stands in the way;
  /// nullopt if nothing clear speaks against it.
  virtual base::asio::awaitable<std::optional<acme::Error>> check(OrderRecord order,
                                                                  Authority authority) = 0;
};

}  // namespace agent
