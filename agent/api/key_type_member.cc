#include "agent/api/key_type_member.h"

#include <array>
#include <string>
#include <string_view>

namespace agent {
namespace {

struct KeyTypeName {
  std::string_view name;
  acme::KeyType type;
};
constexpr std::array key_types = {KeyTypeName{"ecdsa-p256", acme::KeyType::ecdsa_p256},
                                  KeyTypeName{"ecdsa-p384", acme::KeyType::ecdsa_p384},
                                  KeyTypeName{"rsa-2048", acme::KeyType::rsa_2048},
                                  KeyTypeName{"rsa-3072", acme::KeyType::rsa_3072},
                                  KeyTypeName{"rsa-4096", acme::KeyType::rsa_4096}};

}  // namespace

acme::KeyType take_key_type(JsonBody& body) {
  const std::string text = body.text("key_type").value_or("ecdsa-p256");
  for (const KeyTypeName& candidate : key_types) {
    if (candidate.name == text) return candidate.type;
  }
  body.refuse(
      "key_type", "choice", "expected ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072 or rsa-4096");
  return acme::KeyType::ecdsa_p256;
}

}  // namespace agent
