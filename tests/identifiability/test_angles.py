"""Angles between unmixing rows."""

import mpmath
import numpy as np
import pytest

from causalrep.exceptions import InvalidDataError
from identifiability import row_angle_matrix, row_angles, row_cosines


@pytest.mark.parametrize("angle", [0.0, 1e-150, 1e-12, 1e-8, 1e-3, 0.7, 1.5])
def test_small_angles_keep_all_their_digits(angle):
    a, b = np.array([[1.0, 0.0]]), np.array([[float(mpmath.cos(angle)), float(mpmath.sin(angle))]])
    np.testing.assert_allclose(row_angle_matrix(a, b), angle, rtol=1e-14)


def test_angles_ignore_sign_and_scale_of_rows():
    rows = np.random.default_rng(0).standard_normal((3, 6))
    other = np.random.default_rng(1).standard_normal((3, 6))
    scaled = rows * np.array([[-1.0], [1e-200], [-1e200]])
    np.testing.assert_allclose(
        row_angle_matrix(scaled, other), row_angle_matrix(rows, other), rtol=1e-12
    )
    assert np.all(np.diag(row_angle_matrix(rows, -8.0 * rows)) == 0.0)


def test_angles_agree_with_the_arc_cosine():
    a, b = np.random.default_rng(2).standard_normal((2, 4, 7))
    np.testing.assert_allclose(
        row_angle_matrix(a, b), np.arccos(np.abs(row_cosines(a, b))), rtol=1e-10
    )


def test_what_is_orthogonal_to_the_data_does_not_count():
    rng = np.random.default_rng(3)
    mixing = rng.standard_normal((8, 3))
    rows = np.linalg.pinv(mixing)
    outside = np.eye(8) - mixing @ rows
    invisible = rows + 10.0 * rng.standard_normal((3, 8)) @ outside
    assert np.diag(row_angle_matrix(rows, invisible)).min() > 1.0
    assert np.diag(row_angle_matrix(rows, invisible, mixing=mixing)).max() < 1e-11


def test_a_rotation_of_the_features_changes_no_angle():
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((2, 3, 5))
    rotation = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    np.testing.assert_allclose(
        row_angle_matrix(a @ rotation, b @ rotation), row_angle_matrix(a, b), rtol=1e-10
    )


def test_missing_partners_and_rows_of_zeros_count_a_right_angle():
    rows = np.eye(3)
    angles = row_angles(np.vstack([rows[1], np.zeros(3)]), rows, np.array([-1, 0, 1]))
    assert angles.tolist() == [np.pi / 2, 0.0, np.pi / 2]


def test_refuses_rows_over_other_features():
    with pytest.raises(InvalidDataError, match=r"have shapes \(2, 2\) and \(3, 3\)"):
        row_angle_matrix(np.eye(2), np.eye(3))
    with pytest.raises(InvalidDataError, match="one row for each of the 2 features"):
        row_angle_matrix(np.eye(2), np.eye(2), mixing=np.ones((3, 1)))
