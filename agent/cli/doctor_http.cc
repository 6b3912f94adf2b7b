#include "agent/cli/doctor_http.h"

#include <cstring>
#include <memory>
#include <string_view>

#include <curl/curl.h>

namespace agent {
namespace {

constexpr long timeout_seconds = 10;
constexpr std::size_t max_body = 65536;

struct CleanUp {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t keep_body(const char* data, std::size_t, std::size_t size, void* finding) noexcept {
  std::string& body = static_cast<HttpFinding*>(finding)->body;
  body.append(data, std::min(size, max_body - body.size()));
  return size;
}

std::size_t keep_header(const char* data, std::size_t, std::size_t size, void* finding) noexcept {
  constexpr std::string_view name = "date:";
  const std::string line(data, size);
  const bool is_date = size > name.size() && ::strncasecmp(data, name.data(), name.size()) == 0;
  const std::time_t time = is_date ? curl_getdate(line.c_str() + name.size(), nullptr) : -1;
  if (time >= 0) {
    static_cast<HttpFinding*>(finding)->date = base::WallTime(std::chrono::seconds(time));
  }
  return size;
}

}  // namespace

HttpFinding probe_http(const HttpProbe& probe) {
  HttpFinding finding;
  const std::unique_ptr<CURL, CleanUp> easy(curl_easy_init());
  curl_easy_setopt(easy.get(), CURLOPT_URL, probe.url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, timeout_seconds);
  curl_easy_setopt(easy.get(), CURLOPT_NOPROXY, probe.connect.empty() ? nullptr : "*");
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &keep_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &finding);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, &keep_header);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &finding);
  if (!probe.ca_file.empty()) {
    curl_easy_setopt(easy.get(), CURLOPT_CAINFO, probe.ca_file.c_str());
  }
  const std::unique_ptr<curl_slist, CleanUp> connect(
      probe.connect.empty() ? nullptr : curl_slist_append(nullptr, ("::" + probe.connect).c_str()));
  if (connect) curl_easy_setopt(easy.get(), CURLOPT_CONNECT_TO, connect.get());
  const CURLcode code = curl_easy_perform(easy.get());
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &finding.status);
  const char* location = nullptr;
  curl_easy_getinfo(easy.get(), CURLINFO_REDIRECT_URL, &location);
  if (location != nullptr) finding.location = location;
  if (code != CURLE_OK) finding.error = curl_easy_strerror(code);
  if (code != CURLE_OK) finding.status = 0;
  return finding;
}

}  // namespace agent
