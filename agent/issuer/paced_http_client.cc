#include "agent/issuer/paced_http_client.h"

#include <algorithm>
#include <utility>

#include "acme/retry_after.h"

namespace agent {
namespace {

using acme::RequestKind;
using Reply = base::Result<acme::HttpResponse, acme::Error>;

/// Whether a refusal counts requests, not orders or accounts.
bool is_of_requests(RequestKind kind, int status) {
  if (status == 503) return true;
  return status == 429 && kind != RequestKind::new_order && kind != RequestKind::new_account;
}

acme::HttpResponse refusal(RequestKind kind, base::MonotonicTime::duration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return {503,
          {{"retry-after", std::to_string(std::max<std::int64_t>(1, seconds))}},
          "not sent: too many requests to " + std::string(name_of(kind)) + " wait already"};
}

}  // namespace

PacedHttpClient::PacedHttpClient(acme::HttpClient& inner,
                                 base::asio::any_io_executor control,
                                 const base::Clock& clock)
    : inner_(inner), clock_(clock), alarm_(std::move(control)) {}

void PacedHttpClient::send(acme::HttpRequest request, Callback done) {
  if (is_stopped_) return forward(std::move(request), std::move(done));
  const RequestKind kind = request.kind;
  const base::MonotonicTime now = clock_.monotonic();
  Queue& line = queue(kind);
  if (line.waiting.empty() && leaves_at(kind, now) <= now) {
    pacer_.take(kind, now);
    return forward(std::move(request), std::move(done));
  }
  const base::MonotonicTime turn = pacer_.opens_at(kind, now, line.waiting.size() + 1);
  if (turn - now > longest_wait || line.waiting.size() == most_waiting) {
    return refuse(kind, std::move(done), turn - now);
  }
  line.waiting.push_back({std::move(request), std::move(done), now});
  set_alarm(now);
}

void PacedHttpClient::stop() {
  is_stopped_ = true;
  for (const RequestKind kind : all_request_kinds) {
    for (Waiting& one : std::exchange(queue(kind).waiting, {})) {
      forward(std::move(one.request), std::move(one.done));
    }
  }
  alarm_.cancel();
}

/// When the first in the queue, or the next one to come, may leave.
base::MonotonicTime PacedHttpClient::leaves_at(RequestKind kind, base::MonotonicTime now) const {
  const base::MonotonicTime turn = pacer_.opens_at(kind, now);
  if (kind != RequestKind::new_order) return turn;
  const Queue& open_orders = queue(RequestKind::other);
  if (open_orders.waiting.empty() || pacer_.held_until(RequestKind::other) > now) return turn;
  const base::MonotonicTime finished =
      pacer_.opens_at(RequestKind::other, now, open_orders.waiting.size());
  const Queue& line = queue(kind);
  const base::MonotonicTime since = line.waiting.empty() ? now : line.waiting.front().since;
  // Just after, so that it is not its turn while the last of them leaves.
  const auto behind = finished + std::chrono::milliseconds(1);
  return std::max(turn, std::min<base::MonotonicTime>(behind, since + longest_wait));
}

void PacedHttpClient::forward(acme::HttpRequest request, Callback done) {
  const RequestKind kind = request.kind;
  auto listen =
      [this, alive = std::weak_ptr(alive_), kind, deliver = std::move(done)](Reply reply) {
        if (!alive.expired() && reply) note_reply(kind, *reply);
        deliver(std::move(reply));
      };
  inner_.send(std::move(request), std::move(listen));
}

void PacedHttpClient::refuse(RequestKind kind, Callback done, base::MonotonicTime::duration wait) {
  ++queue(kind).refused;
  auto answer = [alive = std::weak_ptr(alive_), kind, deliver = std::move(done), wait] {
    if (!alive.expired()) deliver(refusal(kind, wait));
  };
  base::asio::post(alarm_.get_executor(), std::move(answer));
}

void PacedHttpClient::note_reply(RequestKind kind, const acme::HttpResponse& reply) {
  if (!is_of_requests(kind, reply.status)) return;
  const auto wish = acme::parse_retry_after(acme::find_header(reply, "retry-after"), clock_.wall());
  if (!wish) return;
  const base::MonotonicTime now = clock_.monotonic();
  pacer_.hold(kind, now + std::min<base::MonotonicTime::duration>(*wish, longest_hold));
  const auto wait = pacer_.opens_at(kind, now) - now;
  if (wait > longest_wait) {
    for (Waiting& one : std::exchange(queue(kind).waiting, {})) {
      refuse(kind, std::move(one.done), wait);
    }
  }
  set_alarm(now);
}

void PacedHttpClient::release() {
  const base::MonotonicTime now = clock_.monotonic();
  for (const RequestKind kind : all_request_kinds) release(kind, now);
  set_alarm(now);
}

void PacedHttpClient::release(RequestKind kind, base::MonotonicTime now) {
  Queue& line = queue(kind);
  while (!line.waiting.empty() && leaves_at(kind, now) <= now) {
    Waiting next = std::move(line.waiting.front());
    line.waiting.pop_front();
    ++line.delayed;
    line.waited += now - next.since;
    pacer_.take(kind, now);
    forward(std::move(next.request), std::move(next.done));
  }
}

void PacedHttpClient::set_alarm(base::MonotonicTime now) {
  base::MonotonicTime first = base::MonotonicTime::max();
  for (const RequestKind kind : all_request_kinds) {
    if (!queue(kind).waiting.empty()) first = std::min(first, leaves_at(kind, now));
  }
  if (first == base::MonotonicTime::max()) return;
  alarm_.expires_after(first - now);
  alarm_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code cancelled) {
    if (!cancelled && !alive.expired()) release();
  });
}

std::array<PacedHttpClient::Figures, all_request_kinds.size()> PacedHttpClient::figures() const {
  std::array<Figures, all_request_kinds.size()> figures;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Queue& line = queue(all_request_kinds[i]);
    figures[i] = {.kind = all_request_kinds[i],
                  .waiting = line.waiting.size(),
                  .delayed = line.delayed,
                  .waited = std::chrono::duration_cast<std::chrono::milliseconds>(line.waited),
                  .refused = line.refused};
  }
  return figures;
}

}  // namespace agent
