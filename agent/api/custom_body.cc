#include "agent/api/custom_body.h"

#include <algorithm>
#include <utility>

#include "agent/api/key_type_member.h"
#include "agent/model/hostname_input.h"
#include "base/encoding.h"

namespace agent {
namespace {

constexpr std::int64_t max_return_days = 365;
constexpr std::size_t max_common_name = 64;  // X.520

/// RFC 4648 §4, line breaks allowed; nullopt if it is something else.
std::optional<std::string> decode_base64(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.pop_back();
  for (char& c : text) {
    if (c == '-' || c == '_') return std::nullopt;
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  const auto bytes = base::decode_base64url(text);
  if (!bytes) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

void take_names(JsonBody& body, std::vector<base::DomainName>& names, std::size_t max_names) {
  const std::vector<std::string> texts = body.texts_if_there("names", max_names);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string place = "names[" + std::to_string(i) + "]";
    auto name = parse_hostname(texts[i], place);
    if (!name) {
      body.refuse(place, "hostname", name.error());
    } else if (name->is_address()) {
      body.refuse(place, "hostname", "expected a DNS name");
    } else if (std::find(names.begin(), names.end(), *name) == names.end()) {
      names.push_back(*std::move(name));
    }
  }
}

}  // namespace

InstallWish take_installation(JsonBody& body) {
  InstallWish wish;
  wish.upload.chain_pem = body.text("chain").value_or("");
  wish.upload.key_pem = body.text("key").value_or("");
  wish.upload.passphrase = body.text("passphrase").value_or("");
  if (auto text = body.text("pkcs12")) {
    auto decoded = decode_base64(*std::move(text));
    if (!decoded) body.refuse("pkcs12", "base64", "expected the container in base64");
    wish.upload.pkcs12 = std::move(decoded).value_or("");
  }
  wish.return_days = body.number("return_to_automatic_days", 1, max_return_days);
  return wish;
}

RequestWish take_request(JsonBody& body, const base::DomainName& hostname, std::size_t max_names) {
  RequestWish wish;
  wish.key_type = take_key_type(body);
  // A longer one is in the SANs alone, which is where clients look (RFC 9525 §2).
  const std::string own = hostname.text().size() <= max_common_name ? hostname.text() : "";
  RequestSubject& subject = wish.subject;
  subject.common_name = body.text("common_name").value_or(own);
  subject.organization = body.text("organization").value_or("");
  subject.organizational_unit = body.text("organizational_unit").value_or("");
  subject.locality = body.text("locality").value_or("");
  subject.state = body.text("state").value_or("");
  subject.country = body.text("country").value_or("");
  for (UploadError& error : check_subject(subject)) {
    body.refuse(std::move(error.field), std::move(error.rule), std::move(error.detail));
  }
  wish.names.push_back(hostname);
  take_names(body, wish.names, max_names);
  return wish;
}

}  // namespace agent
