#include "agent/api/metrics_page.h"

#include <chrono>
#include <utility>

namespace agent {

namespace asio = base::asio;

namespace {

// Counting reads every certificate's row: a few microseconds each, and nobody needs it by the
// second.
constexpr std::chrono::minutes recount_after{1};
// Between two pages others get at the database.
constexpr std::size_t page_size = 1'000;

}  // namespace

asio::awaitable<std::string> MetricsPage::text() {
  auto count = [now = clock_.wall()](Store& store) { return store.count_hostnames(now); };
  const auto hostnames = co_await store_.run(std::move(count));
  StoreFigures figures;
  if (hostnames) {
    figures.hostnames = *hostnames;
    co_await count_certificates();
    figures.certificates = certificates_;
    auto count_custom = [now = clock_.wall()](Store& store) {
      return store.count_custom_certificates(now);
    };
    const auto custom = co_await store_.run(std::move(count_custom));
    if (custom) figures.custom = *custom;
  }
  co_return metrics_.render(source_.figures(), figures);
}

asio::awaitable<void> MetricsPage::count_certificates() {
  const base::MonotonicTime started = clock_.monotonic();
  const bool is_fresh = certificates_ && started - counted_at_ < recount_after;
  if (counting_ || is_fresh) co_return;
  counting_ = true;
  const base::WallTime now = clock_.wall();
  ExpiryCounts counts;
  CertificateId last(0);
  bool is_complete = false;
  while (!is_complete) {
    auto read = [last](Store& store) {
      return store.certificates(CertificateSelection::wanted, last, page_size);
    };
    const auto page = co_await store_.run(std::move(read));
    if (!page) break;
    for (const Certificate& certificate : *page) counts.count(certificate.not_after, now);
    is_complete = page->size() < page_size;
    if (!is_complete) last = page->back().id;
  }
  counting_ = false;
  if (!is_complete) co_return;
  certificates_ = counts;
  counted_at_ = started;
}

}  // namespace agent
