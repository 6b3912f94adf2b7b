#include "agent/custom/opening_cost.h"

#include <limits>
#include <memory>

#include <openssl/objects.h>

namespace agent {
namespace {

/// Makes key and IV one after the other, the key from two hashes.
constexpr std::uint64_t pbes1_factor = 3;

template <auto free_function>
struct FreedBy {
  template <class T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};

/// The parameters of an algorithm as that structure; nullptr if they are something else.
template <class T, auto free_function>
std::unique_ptr<T, FreedBy<free_function>> unpack(const X509_ALGOR& algorithm,
                                                  const ASN1_ITEM* item) {
  const ASN1_OBJECT* object = nullptr;
  int type = V_ASN1_UNDEF;
  const void* value = nullptr;
  X509_ALGOR_get0(&object, &type, &value, &algorithm);
  if (type != V_ASN1_SEQUENCE) return nullptr;
  const auto* const sequence = static_cast<const ASN1_STRING*>(value);
  return std::unique_ptr<T, FreedBy<free_function>>(
      static_cast<T*>(ASN1_item_unpack(sequence, item)));
}

int id_of(const X509_ALGOR& algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, &algorithm);
  return OBJ_obj2nid(object);
}

/// The largest number if it is none, or too large.
std::uint64_t number(const ASN1_INTEGER* integer) {
  std::uint64_t value = 0;
  if (ASN1_INTEGER_get_uint64(&value, integer) == 1) return value;
  return std::numeric_limits<std::uint64_t>::max();
}

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return a * b;
}

}  // namespace

bool OpeningCost::add(std::uint64_t repetitions) {
  if (repetitions > most || sum_ + repetitions > most) {
    sum_ = most;
    return false;
  }
  sum_ += repetitions;
  return true;
}

bool OpeningCost::add_iterations(const ASN1_INTEGER* iterations, std::uint64_t times) {
  return add(iterations == nullptr ? times : product(number(iterations), times));
}

bool OpeningCost::add(const X509_ALGOR& algorithm) {
  switch (id_of(algorithm)) {
    case NID_pbes2: {
      const auto both = unpack<PBE2PARAM, PBE2PARAM_free>(algorithm, PBE2PARAM_it());
      return !both || add(*both->keyfunc);
    }
    case NID_id_pbkdf2: {
      const auto parameters = unpack<PBKDF2PARAM, PBKDF2PARAM_free>(algorithm, PBKDF2PARAM_it());
      return !parameters || add_iterations(parameters->iter);
    }
    case NID_id_scrypt: {
      const auto parameters =
          unpack<SCRYPT_PARAMS, SCRYPT_PARAMS_free>(algorithm, SCRYPT_PARAMS_it());
      if (!parameters) return true;
      return add(product(product(number(parameters->costParameter), number(parameters->blockSize)),
                         number(parameters->parallelizationParameter)));
    }
    default: {
      const auto parameters = unpack<PBEPARAM, PBEPARAM_free>(algorithm, PBEPARAM_it());
      return !parameters || add_iterations(parameters->iter, pbes1_factor);
    }
  }
}

}  // namespace agent
