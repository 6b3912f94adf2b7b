#include "agent/issuer/curl_http_client.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <curl/curl.h>

namespace agent {
namespace {

using Reply = base::Result<acme::HttpResponse, acme::Error>;
using Deliver = std::function<void(Reply)>;  ///< thread-safe

constexpr std::size_t max_body = 1 << 20;
constexpr std::size_t max_headers = 64 << 10;
constexpr long max_connections = 16;  // to one authority; HTTP/2 needs one

// CURL and CURLM are both void to the compiler: each owner names its function.
template <auto close>
struct Close {
  template <class T>
  void operator()(T* handle) const {
    close(handle);
  }
};
using Easy = std::unique_ptr<CURL, Close<&curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Close<&curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Close<&curl_slist_free_all>>;

void start_libcurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error(curl_easy_strerror(started));
}

acme::Errc to_errc(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return acme::Errc::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return acme::Errc::tls_failed;
    case CURLE_WRITE_ERROR:    // our own refusal of a reply that is too big
    case CURLE_OUT_OF_MEMORY:  // libcurl 7.88's refusal of one header above 100 kB
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE: return acme::Errc::bad_response;
    default:
      return acme::Errc::connection_failed;  // libcurl has a hundred codes, most of the network
  }
}

acme::HttpHeader parse_header(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t colon = line.find(':');
  acme::HttpHeader header{std::string(line.substr(0, colon)), {}};
  std::transform(header.name.begin(), header.name.end(), header.name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string_view value = line.substr(colon + 1);
  const std::size_t first = value.find_first_not_of(blanks);
  if (first == std::string_view::npos) return header;
  header.value = value.substr(first, value.find_last_not_of(blanks) - first + 1);
  return header;
}

/// One request on its way.
class Transfer {
 public:
  Transfer(acme::HttpRequest request, Deliver deliver, const CurlOptions& options)
      : request_(std::move(request)), deliver_(std::move(deliver)), easy_(curl_easy_init()) {
    configure(options);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() const { return easy_.get(); }

  void finish(CURLcode code) {
    if (code == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
      response_.status = static_cast<int>(status);
      deliver_(Reply(std::move(response_)));
    } else {
      fail(to_errc(code), error_[0] != '\0' ? error_ : curl_easy_strerror(code));
    }
  }

  void cancel() { fail(acme::Errc::cancelled, "the program is stopping"); }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy(), option, value);
  }

  void configure(const CurlOptions& options) {
    set(CURLOPT_URL, request_.url.text().c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_PIPEWAIT, 1L);  // rather multiplex than open another connection
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.request_timeout.count()));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, error_);
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set_method();
    set_headers();
  }

  void set_method() {
    switch (request_.method) {
      case acme::HttpMethod::get: set(CURLOPT_HTTPGET, 1L); break;
      case acme::HttpMethod::head: set(CURLOPT_NOBODY, 1L); break;
      case acme::HttpMethod::post:
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set(CURLOPT_POSTFIELDS, request_.body.c_str());
        break;
    }
  }

  void set_headers() {
    append_header("Content-Type", request_.content_type);
    append_header("Accept", request_.accept);
    for (const acme::HttpHeader& header : request_.headers)
      append_header(header.name, header.value);
    append_header("Expect", "");  // no round trip for a 100-continue
    set(CURLOPT_HTTPHEADER, headers_.get());
  }

  /// libcurl drops a header without a value, which is what an empty one asks for.
  void append_header(const std::string& name, const std::string& value) {
    const std::string line = name + ": " + value;
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }

  static std::size_t on_body(const char* data, std::size_t, std::size_t n, void* self) noexcept {
    std::string& body = static_cast<Transfer*>(self)->response_.body;
    if (body.size() + n > max_body) return 0;
    body.append(data, n);
    return n;
  }

  static std::size_t on_header(const char* data, std::size_t, std::size_t n, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view line(data, n);
    transfer.header_bytes_ += n;
    if (transfer.header_bytes_ > max_headers) return 0;
    if (line.starts_with("HTTP/")) transfer.response_.headers.clear();  // after a 1xx reply
    if (line.find(':') != std::string_view::npos) {
      transfer.response_.headers.push_back(parse_header(line));
    }
    return n;
  }

  void fail(acme::Errc code, std::string detail) {
    deliver_(
        base::Unexpected(acme::Error{.code = code, .context = {}, .detail = std::move(detail)}));
  }

  acme::HttpRequest request_;
  Deliver deliver_;
  Easy easy_;
  HeaderList headers_;
  acme::HttpResponse response_;
  std::size_t header_bytes_ = 0;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace

/// The thread and what it carries.
class CurlHttpClient::Transfers {
 public:
  explicit Transfers(CurlOptions options)
      : options_(std::move(options)), multi_(curl_multi_init()) {
    if (!multi_) throw std::runtime_error("libcurl: no multi handle");
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, max_connections);
    thread_ = std::thread([this] { run(); });
  }
  ~Transfers() { stop(); }
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// false if stopped: `deliver` was left alone.
  bool start(acme::HttpRequest request, Deliver& deliver) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    arrived_.emplace_back(std::move(request), std::move(deliver));
    curl_multi_wakeup(multi_.get());
    return true;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    if (thread_.joinable()) thread_.join();
  }

 private:
  using Arrived = std::pair<acme::HttpRequest, Deliver>;

  void run() {
    constexpr int idle_ms = 60'000;  // a wakeup or a transfer's own timeout ends the wait earlier
    while (admit()) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      reap();
      curl_multi_poll(multi_.get(), nullptr, 0, idle_ms, nullptr);
    }
    for (auto& [easy, transfer] : under_way_) {
      curl_multi_remove_handle(multi_.get(), easy);
      transfer->cancel();
    }
    under_way_.clear();
  }

  /// Takes over what has arrived; false if it is time to end.
  bool admit() {
    std::vector<Arrived> arrived;
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      arrived.swap(arrived_);
      stopping = stopping_;
    }
    for (auto& [request, deliver] : arrived) {
      auto transfer = std::make_unique<Transfer>(std::move(request), std::move(deliver), options_);
      CURL* easy = transfer->easy();
      under_way_.emplace(easy, std::move(transfer));
      curl_multi_add_handle(multi_.get(), easy);
    }
    return !stopping;
  }

  void reap() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi_.get(), easy);
      const auto found = under_way_.find(easy);
      found->second->finish(code);
      under_way_.erase(found);
    }
  }

  const CurlOptions options_;
  Multi multi_;
  std::map<CURL*, std::unique_ptr<Transfer>> under_way_;  // the thread's own
  std::mutex mutex_;
  std::vector<Arrived> arrived_;  // guarded by mutex_
  bool stopping_ = false;         // guarded by mutex_
  std::thread thread_;            // last: it uses all of the above
};

CurlHttpClient::CurlHttpClient(base::asio::any_io_executor control, CurlOptions options)
    : control_(std::move(control)) {
  start_libcurl();
  transfers_ = std::make_unique<Transfers>(std::move(options));
}

CurlHttpClient::~CurlHttpClient() = default;

void CurlHttpClient::send(acme::HttpRequest request, Callback done) {
  // The curl thread only moves the callback along, and keeps no copy whose end it could be: the
  // callback runs and dies on the control thread.
  Deliver deliver = [control = control_,
                     alive = std::weak_ptr<Alive>(alive_),
                     callback = std::move(done)](Reply reply) mutable {
    auto run = [alive, call = std::move(callback), answer = std::move(reply)]() mutable {
      if (!alive.expired()) call(std::move(answer));
    };
    base::asio::post(control, std::move(run));
  };
  if (!transfers_->start(std::move(request), deliver)) {
    deliver(base::Unexpected(acme::Error{
        .code = acme::Errc::cancelled, .context = {}, .detail = "the program is stopping"}));
  }
}

void CurlHttpClient::stop() {
  transfers_->stop();
}

}  // namespace agent
