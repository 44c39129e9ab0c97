"""Every test and every interval whose level is measured."""

from calibration_cumulants import STUDIES as CUMULANTS
from calibration_linear import STUDIES as LINEAR
from calibration_models import STUDIES as MODELS
from calibration_scores import STUDIES as SCORES

CATALOGUE = (*LINEAR, *CUMULANTS, *MODELS, *SCORES)
