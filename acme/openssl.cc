#include "acme/openssl.h"

#include <array>
#include <stdexcept>

#include <openssl/err.h>

namespace acme {

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

void require(bool success, std::string_view call) {
  if (!success) throw std::runtime_error(std::string(call) + ": " + openssl_reason());
}

BioPtr read_bio(std::string_view text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  require(bio != nullptr, "BIO_new_mem_buf");
  return bio;
}

BioPtr write_bio() {
  BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio != nullptr, "BIO_new");
  return bio;
}

std::string written(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, static_cast<void*>(&data));
  return data == nullptr || size <= 0 ? std::string()
                                      : std::string(data, static_cast<std::size_t>(size));
}

}  // namespace acme
