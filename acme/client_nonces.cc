#include <utility>

#include "acme/client_impl.h"
#include "acme/problem.h"

namespace acme {
namespace {

/// Let's Encrypt allows 20 newNonce a second per IP, 10 in a burst; the rest of a storm lives on
/// the nonces of the replies.
constexpr int max_nonce_fetches = 8;

}  // namespace

void Client::Impl::await_nonce(CallId id) {
  awaiting_nonce_.push_back(id);
  fetch_nonces();
}

/// As many fetches under way as calls wait, within bounds.
void Client::Impl::fetch_nonces() {
  std::erase_if(awaiting_nonce_, [this](CallId id) { return find(id) == nullptr; });
  while (nonce_fetches_ < max_nonce_fetches &&
         nonce_fetches_ < static_cast<int>(awaiting_nonce_.size())) {
    ++nonce_fetches_;
    const Url url = directory_->new_nonce;
    http_.send({HttpMethod::head, url, {}, {}, {}, {}, RequestKind::new_nonce},
               [weak = weak_from_this()](base::Result<HttpResponse, Error> reply) {
                 if (const auto self = weak.lock()) self->on_nonce(std::move(reply));
               });
  }
}

void Client::Impl::on_nonce(base::Result<HttpResponse, Error> reply) {
  if (is_closed_) return;
  --nonce_fetches_;
  const bool is_good = reply && is_success(*reply) && keep_nonce(*reply);
  if (is_good) return serve_nonces();
  if (nonce_fetches_ > 0) return;  // the others may do better
  if (reply && may_have_moved(reply->status)) is_directory_doubted_ = true;
  const auto waiting = std::exchange(awaiting_nonce_, {});
  finish_all({waiting.begin(), waiting.end()}, with_context("new nonce", nonce_error(reply)));
}

Error Client::Impl::nonce_error(const base::Result<HttpResponse, Error>& reply) const {
  if (!reply) return reply.error();
  if (!is_success(*reply)) return error_of(*reply, clock_.wall());
  return bad_response("no Replay-Nonce in the reply");
}

bool Client::Impl::keep_nonce(const HttpResponse& reply) {
  std::optional<Nonce> nonce = parse_nonce(find_header(reply, "replay-nonce"));
  if (!nonce) return false;
  nonces_.put(*std::move(nonce));
  return true;
}

/// Hands the nonces we have to those who wait, first come, first served.
void Client::Impl::serve_nonces() {
  while (!awaiting_nonce_.empty()) {
    const CallId id = awaiting_nonce_.front();
    Call* call = find(id);
    if (call != nullptr) {
      call->nonce = nonces_.take();
      if (!call->nonce) return fetch_nonces();
    }
    awaiting_nonce_.pop_front();
    advance(id);
  }
}

}  // namespace acme
