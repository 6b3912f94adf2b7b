#include "agent/issuer/await_renewal_infos.h"

#include <memory>
#include <optional>
#include <utility>

namespace agent {
namespace {

using Reply = base::Result<acme::Response, acme::Error>;

/// Shared by the coroutine and the client's callbacks, of which any may die first.
struct Arrivals {
  Arrivals(const base::asio::any_io_executor& executor, std::size_t count)
      : signal(executor, base::asio::steady_timer::time_point::max()),
        missing(count),
        replies(count) {}

  void deliver(std::size_t index, Reply reply) {
    replies[index] = std::move(reply);
    if (--missing == 0) signal.cancel();
  }

  base::asio::steady_timer signal;
  std::size_t missing;
  std::vector<std::optional<Reply>> replies;
};

}  // namespace

base::asio::awaitable<std::vector<Reply>> await_renewal_infos(
    acme::Client& client, std::vector<acme::CertId> certificates) {
  const auto executor = co_await base::asio::this_coro::executor;
  const auto arrivals = std::make_shared<Arrivals>(executor, certificates.size());
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    auto deliver = [arrivals, i](Reply reply) { arrivals->deliver(i, std::move(reply)); };
    client.fetch_renewal_info(certificates[i], std::move(deliver));
  }
  boost::system::error_code ignored;  // cancelled: that is the signal
  while (arrivals->missing > 0) co_await arrivals->signal.async_wait(base::into(ignored));
  std::vector<Reply> replies;
  for (std::optional<Reply>& reply : arrivals->replies) replies.push_back(*std::move(reply));
  co_return replies;
}

}  // namespace agent
