#include <utility>

#include "acme/order.h"
#include "acme/order_run.h"
#include "acme/order_schedule.h"
#include "acme/problem.h"

namespace acme {
namespace {

constexpr int max_finalize_requests = 10;
constexpr int max_chains_refused = 3;
/// A chain that was wrong may have been cut on its way.
constexpr std::chrono::seconds download_again{60};

}  // namespace

Action OrderRun::finalize() {
  if (!progress_.finalize_url) return on_error(bad_response("the order has no finalize URL"));
  if (++record_.finalize_requests > max_finalize_requests) {
    return fail({.code = Errc::bad_response,
                 .context = order_context(),
                 .detail = "the order stays ready whatever is sent to finalize it"});
  }
  progress_.step = OrderStep::finalize;
  return Post{*progress_.finalize_url, encode_finalize(record_.csr)};
}

Action OrderRun::on_finalized(const Response& response) {
  record_.faults_in_a_row = 0;
  // Some authorities answer with an empty body.
  if (parse_order(response.http.body, response.url)) return on_order(response);
  return poll(OrderPhase::processing, std::nullopt);
}

Action OrderRun::download() {
  if (!progress_.certificate_url) {
    return on_error(bad_response("the order is valid without a certificate URL"));
  }
  progress_.step = OrderStep::download;
  return Post{*progress_.certificate_url, {}, std::string(pem_certificate_chain)};
}

Action OrderRun::on_chain(const Response& response) {
  const std::optional<PrivateKey> key = PrivateKey::parse_pem(record_.private_key_pem);
  if (!key) {
    return fail({.code = Errc::bad_certificate,
                 .origin = Origin::local,
                 .context = order_context(),
                 .detail = "the stored private key cannot be read"});
  }
  base::Result<VerifiedChain, Error> chain =
      verify_chain(response.http.body, *key, record_.identifiers, now_);
  if (!chain) return on_bad_chain(with_context(step_context(), chain.error()));
  record_.certificate_chain_pem = std::move(chain->pem);
  return go_on();
}

Action OrderRun::on_bad_chain(Error error) {
  if (++record_.chains_refused >= max_chains_refused) return fail(std::move(error));
  return suspend(spread(download_again, record_.jitter_seed, record_.chains_refused),
                 std::move(error));
}

}  // namespace acme
