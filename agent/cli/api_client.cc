#include "agent/cli/api_client.h"

#include <chrono>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include <curl/curl.h>

namespace agent {
namespace {

constexpr std::size_t max_reply = 64 << 20;
// The daemon answers from its database; a batch of ten thousand names takes a second.
constexpr long timeout_seconds = 60;

struct CleanUp {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

ApiFailure to_failure(unsigned status, const ApiClient::Json& problem) {
  ApiFailure failure;
  failure.status = status < 500 ? ExitStatus::wrong_input : ExitStatus::failed;
  failure.http_status = status;
  if (!problem.is_object() || !problem.contains("detail")) {
    failure.message = "the daemon answered with status " + std::to_string(status);
    return failure;
  }
  const auto errors = problem.find("errors");
  if (errors == problem.end() || !errors->is_array()) {
    failure.message = problem["detail"].is_string() ? problem["detail"].get<std::string>() : "";
    return failure;
  }
  for (const auto& error : *errors) {
    if (!failure.message.empty()) failure.message += "\n";
    failure.message += error.value("detail", "");
  }
  return failure;
}

}  // namespace

struct ApiClient::Connection {
  std::unique_ptr<CURL, CleanUp> easy{curl_easy_init()};
  std::unique_ptr<curl_slist, CleanUp> header{
      curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Expect:")};
  std::string reply;

  static std::size_t receive(const char* data, std::size_t, std::size_t size, void* self) noexcept {
    std::string& reply = static_cast<Connection*>(self)->reply;
    if (reply.size() + size > max_reply) return 0;  // ends the transfer
    reply.append(data, size);
    return size;
  }
};

ApiClient::ApiClient(std::string socket_path)
    : socket_path_(std::move(socket_path)), connection_(std::make_unique<Connection>()) {
  CURL* const easy = connection_->easy.get();
  if (easy == nullptr || !connection_->header) throw std::bad_alloc();
  curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_path_.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout_seconds);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Connection::receive);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, connection_.get());
}

ApiClient::~ApiClient() = default;

base::Result<ApiClient::Json, ApiFailure> ApiClient::get(const std::string& target) {
  CURL* const easy = connection_->easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, ("http://localhost" + target).c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  return perform();
}

base::Result<ApiClient::Json, ApiFailure> ApiClient::post(const std::string& target,
                                                          const Json& body) {
  CURL* const easy = connection_->easy.get();
  const std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  curl_easy_setopt(easy, CURLOPT_URL, ("http://localhost" + target).c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(text.size()));
  curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, text.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, connection_->header.get());
  return perform();
}

base::Result<ApiClient::Json, ApiFailure> ApiClient::perform() {
  CURL* const easy = connection_->easy.get();
  connection_->reply.clear();
  const CURLcode code = curl_easy_perform(easy);
  if (code != CURLE_OK) {
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    const bool has_reason = code == CURLE_COULDNT_CONNECT && os_error != 0;
    const char* const reason =
        has_reason ? std::strerror(static_cast<int>(os_error)) : curl_easy_strerror(code);
    return base::Unexpected(ApiFailure{
        ExitStatus::unreachable, 0, "cannot reach acme-spoa at " + socket_path_ + ": " + reason});
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  Json json = connection_->reply.empty() ? Json() : Json::parse(connection_->reply, nullptr, false);
  if (status >= 400) return base::Unexpected(to_failure(static_cast<unsigned>(status), json));
  if (json.is_discarded()) {
    return base::Unexpected(ApiFailure{
        ExitStatus::failed, static_cast<unsigned>(status), "the daemon's answer is no JSON"});
  }
  return json;
}

std::string ApiClient::percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) {
      encoded += c;
    } else {
      encoded.append("%").append(1, digits[byte / 16]).append(1, digits[byte % 16]);
    }
  }
  return encoded;
}

}  // namespace agent
