#include "acme/account_request.h"

#include "acme/json.h"
#include "acme/jws.h"

namespace acme {
namespace {

std::string json_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts)
    list += (list.empty() ? "" : ",") + encode_json_string(text);
  return "[" + list + "]";
}

}  // namespace

std::string registration_payload(const AuthorityOptions& options,
                                 const std::vector<std::string>& contacts,
                                 const PrivateKey& key,
                                 const Url& new_account_url) {
  JsonWriter payload;
  if (options.terms == AuthorityOptions::Terms::agreed) {
    payload.add_json("termsOfServiceAgreed", "true");
  }
  if (!contacts.empty()) payload.add_json("contact", json_list(contacts));
  if (options.external_account) {
    payload.add_json("externalAccountBinding",
                     bind_external_account(*options.external_account, key, new_account_url));
  }
  return payload.text();
}

std::string find_account_payload() {
  return JsonWriter().add_json("onlyReturnExisting", "true").text();
}

std::string contacts_payload(const std::vector<std::string>& contacts) {
  return JsonWriter().add_json("contact", json_list(contacts)).text();
}

std::string deactivation_payload() {
  return R"({"status":"deactivated"})";
}

std::string key_change_payload(const Url& account_url,
                               const PrivateKey& old_key,
                               const PrivateKey& new_key,
                               const Url& key_change_url) {
  JsonWriter payload;
  payload.add("account", account_url.text());
  payload.add_json("oldKey", old_key.jwk());
  return sign_without_nonce(new_key, key_change_url, payload.text());
}

}  // namespace acme
