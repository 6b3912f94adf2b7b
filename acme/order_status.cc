#include <utility>

#include "acme/order.h"
#include "acme/order_run.h"
#include "acme/order_schedule.h"
#include "acme/problem.h"
#include "acme/retry_after.h"

namespace acme {
namespace {

constexpr int max_times_overdue = 8;

}  // namespace

Action OrderRun::read_order() {
  progress_.step = OrderStep::read_order;
  return Post{*record_.order_url, {}};
}

Action OrderRun::on_order(const Response& response) {
  base::Result<Order, Error> order = parse_order(response.http.body, response.url);
  if (!order) return on_error(order.error());
  progress_.is_order_read = true;
  progress_.authorizations = std::move(order->authorizations);
  progress_.finalize_url = std::move(order->finalize);
  progress_.certificate_url = std::move(order->certificate);
  progress_.order_error = std::move(order->error);
  const auto retry_after = parse_retry_after(find_header(response.http, "retry-after"), now_);
  switch (order->status) {
    case OrderStatus::pending: return on_pending(retry_after);
    case OrderStatus::ready: return on_ready(retry_after);
    case OrderStatus::processing: return poll(OrderPhase::processing, retry_after);
    case OrderStatus::valid: return download();
    case OrderStatus::invalid: return find_failure();
  }
  throw std::logic_error("an order status of no kind");
}

Action OrderRun::on_pending(std::optional<seconds> retry_after) {
  const bool is_told = progress_.phase == OrderPhase::validation;
  const bool tell_again = progress_.respond_again_at && now_ >= *progress_.respond_again_at;
  if (is_told && !tell_again) return poll(OrderPhase::validation, retry_after);
  if (progress_.authorizations.empty()) {
    return on_error(bad_response("the order is pending without authorizations"));
  }
  progress_.next_authorization = 0;
  progress_.pending.clear();
  progress_.failures.clear();
  return read_authorization();
}

Action OrderRun::on_ready(std::optional<seconds> retry_after) {
  if (progress_.step == OrderStep::finalize) return poll(OrderPhase::processing, retry_after);
  return finalize();
}

Action OrderRun::poll(OrderPhase phase, std::optional<seconds> retry_after) {
  if (progress_.phase != phase) {
    progress_.phase = phase;
    progress_.polls = 0;
    progress_.deadline =
        now_ + (phase == OrderPhase::validation ? validation_time : processing_time);
  }
  if (now_ >= *progress_.deadline) return on_overdue();
  progress_.step = OrderStep::poll;
  return Wait{now_ + poll_delay(progress_.polls++, retry_after, record_.jitter_seed)};
}

Action OrderRun::on_overdue() {
  const bool is_validating = progress_.phase == OrderPhase::validation;
  Error error{.code = Errc::order_overdue,
              .origin = Origin::order,
              .context = order_context(),
              .detail = is_validating ? "it is still being validated"
                                      : "the certificate is still being made"};
  if (++record_.times_overdue > max_times_overdue) return fail(std::move(error));
  return suspend(overdue_delay(record_.times_overdue, record_.jitter_seed), std::move(error));
}

}  // namespace acme
