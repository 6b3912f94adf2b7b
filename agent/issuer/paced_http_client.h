#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "acme/http_client.h"
#include "agent/planner/request_pacer.h"
#include "base/asio.h"
#include "base/clock.h"

namespace agent {

/// The way to one server, no faster than its limits allow (RequestPacer): a request that would come
/// too early waits here, in the order of its kind, and no request of another kind waits for it. But
/// a new order waits as long as requests of open orders wait for a token: what was begun is
/// finished first, for `longest_wait` at most.
///
/// A 503 with Retry-After holds back requests of that kind until then, and so does a 429, except
/// one to newOrder or newAccount: that is of a limit on orders or accounts, which Budgets keep.
///
/// What would wait longer than `longest_wait` is answered here, later, as the server would: 503
/// with a Retry-After. So the queue is bounded by what may leave in that time, and by
/// `most_waiting` of each kind. Control thread only.
class PacedHttpClient final : public acme::HttpClient {
 public:
  static constexpr std::chrono::seconds longest_wait{30};
  static constexpr std::size_t most_waiting = 10'000;
  /// A server is asked again after this, whatever it said.
  static constexpr std::chrono::minutes longest_hold{15};

  /// `inner` and `clock` outlive it.
  PacedHttpClient(acme::HttpClient& inner,
                  base::asio::any_io_executor control,
                  const base::Clock& clock);

  void restrict_to(const RequestLimits& limits, double use) { pacer_.restrict_to(limits, use); }

  void send(acme::HttpRequest request, Callback done) override;
  /// Lets everything pass at once from now on: `inner` was stopped.
  void stop();

  struct Figures {
    acme::RequestKind kind = acme::RequestKind::other;
    std::size_t waiting = 0;              ///< now
    std::uint64_t delayed = 0;            ///< that had to wait and have left
    std::chrono::milliseconds waited{0};  ///< of these, together
    std::uint64_t refused = 0;            ///< answered here
  };
  /// One of each kind.
  std::array<Figures, all_request_kinds.size()> figures() const;

 private:
  struct Waiting {
    acme::HttpRequest request;
    Callback done;
    base::MonotonicTime since;
  };
  struct Queue {
    std::deque<Waiting> waiting{};
    std::uint64_t delayed = 0;
    base::MonotonicTime::duration waited{0};
    std::uint64_t refused = 0;
  };
  /// While it lives, callbacks may come.
  struct Alive {};

  Queue& queue(acme::RequestKind kind) { return queues_[static_cast<std::size_t>(kind)]; }
  const Queue& queue(acme::RequestKind kind) const {
    return queues_[static_cast<std::size_t>(kind)];
  }
  base::MonotonicTime leaves_at(acme::RequestKind kind, base::MonotonicTime now) const;
  void forward(acme::HttpRequest request, Callback done);
  void refuse(acme::RequestKind kind, Callback done, base::MonotonicTime::duration wait);
  void release();
  void release(acme::RequestKind kind, base::MonotonicTime now);
  void set_alarm(base::MonotonicTime now);
  void note_reply(acme::RequestKind kind, const acme::HttpResponse& reply);

  acme::HttpClient& inner_;
  const base::Clock& clock_;
  RequestPacer pacer_;
  std::array<Queue, all_request_kinds.size()> queues_{};
  bool is_stopped_ = false;
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  base::asio::steady_timer alarm_;
};

}  // namespace agent
