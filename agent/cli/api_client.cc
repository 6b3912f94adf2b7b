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
  if (!problem.is_object() || !problem.contains("detail")) {  // also if it was no JSON
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
  std::string reply;

  static std::size_t receive(const char* data, std::size_t, std::size_t size, void* self) noexcept {
    std::string& reply = static_cast<Connection*>(self)->reply;
    if (reply.size() + size > max_reply) return 0;  // ends the transfer
    reply.append(data, size);
    return size;
  }
};

ApiClient::ApiClient(ApiAddress address)
    : address_(std::move(address)), connection_(std::make_unique<Connection>()) {
  CURL* const easy = connection_->easy.get();
  if (easy == nullptr) throw std::bad_alloc();
  if (address_.url.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, address_.socket.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  }
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout_seconds);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Connection::receive);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, connection_.get());
}

ApiClient::~ApiClient() = default;

base::Result<ApiClient::Json, ApiFailure> ApiClient::get(const std::string& target) {
  return perform_json("GET", target, nullptr);
}

base::Result<ApiClient::Json, ApiFailure> ApiClient::post(const std::string& target,
                                                          const Json& body) {
  const std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return perform_json("POST", target, &text);
}

base::Result<ApiClient::Json, ApiFailure> ApiClient::put(const std::string& target,
                                                         const Json& body) {
  const std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return perform_json("PUT", target, &text);
}

base::Result<ApiClient::Json, ApiFailure> ApiClient::remove(const std::string& target) {
  return perform_json("DELETE", target, nullptr);
}

base::Result<std::string, ApiFailure> ApiClient::get_text(const std::string& target) {
  return perform("GET", target, nullptr, nullptr);
}

base::Result<std::string, ApiFailure> ApiClient::post_lines(const std::string& target,
                                                            const std::string& ndjson) {
  return perform("POST", target, &ndjson, "application/x-ndjson");
}

base::Result<ApiClient::Json, ApiFailure> ApiClient::perform_json(const char* method,
                                                                  const std::string& target,
                                                                  const std::string* body) {
  const auto reply = perform(method, target, body, "application/json");
  if (!reply) return base::Unexpected(reply.error());
  if (reply->empty()) return Json();
  Json json = Json::parse(*reply, nullptr, false);
  if (!json.is_discarded()) return json;
  return base::Unexpected(ApiFailure{ExitStatus::failed, 0, "the daemon's answer is no JSON"});
}

base::Result<std::string, ApiFailure> ApiClient::perform(const char* method,
                                                         const std::string& target,
                                                         const std::string* body,
                                                         const char* content_type) {
  CURL* const easy = connection_->easy.get();
  connection_->reply.clear();
  const std::string base = address_.url.empty() ? "http://localhost" : address_.url;
  curl_slist* lines = curl_slist_append(nullptr, "Expect:");
  if (body != nullptr) {
    lines = curl_slist_append(lines, (std::string("Content-Type: ") + content_type).c_str());
  }
  if (!address_.token.empty()) {
    lines = curl_slist_append(lines, ("Authorization: Bearer " + address_.token).c_str());
  }
  const std::unique_ptr<curl_slist, CleanUp> header(lines);
  curl_easy_setopt(easy, CURLOPT_URL, (base + target).c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);  // forgets the body before
  if (body != nullptr) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body->c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header.get());
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  if (code != CURLE_OK) {
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    const bool has_reason = code == CURLE_COULDNT_CONNECT && os_error != 0;
    const char* const reason =
        has_reason ? std::strerror(static_cast<int>(os_error)) : curl_easy_strerror(code);
    const std::string& where = address_.url.empty() ? address_.socket : address_.url;
    return base::Unexpected(ApiFailure{
        ExitStatus::unreachable, 0, "cannot reach acme-spoa at " + where + ": " + reason});
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status < 400) return std::move(connection_->reply);
  const Json problem = Json::parse(connection_->reply, nullptr, false);
  return base::Unexpected(to_failure(static_cast<unsigned>(status), problem));
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
